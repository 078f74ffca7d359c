#include "agent/commands/introspect_timeline.h"

#include "agent/base/files.h"
#include "agent/commands/timeline_drawing.h"
#include "runtime/timeline.h"

namespace powernode::commands {

Outcome IntrospectTimeline(const Context& context, const std::string& svg) {
  const Paths paths = context.paths();
  const Result<runtime::Timeline> timeline = runtime::Timeline::Read(paths);
  if (!timeline) return Outcome::Failed("timeline", timeline.error());
  if (timeline->stages().empty())
    return Outcome::Failed("timeline",
                           Error(ErrorKind::kCannotTell, "no_timeline",
                                 "nobody has noted the stages of this boot in " + paths.run +
                                     " (is powernode-agent.service running?)"));
  Outcome outcome;
  outcome.stage = "timeline";
  outcome.details["stages"] = OrderedJson(timeline->ToJson());
  outcome.text = TimelineText(*timeline);
  if (svg.empty()) return outcome;
  if (const Status written = WriteFile(svg, TimelineSvg(*timeline), 0644); !written)
    return Outcome::Failed("timeline", written.error());
  outcome.details["svg"] = svg;
  return outcome;
}

}  // namespace powernode::commands
