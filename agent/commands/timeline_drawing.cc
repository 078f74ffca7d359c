#include "agent/commands/timeline_drawing.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "agent/base/printable.h"

namespace powernode::commands {
namespace {

constexpr std::int64_t kColumns = 42;  // of the bars; 80 with what stands before them
constexpr std::int64_t kBars = 640;    // of the bars, in the SVG's units
constexpr std::int64_t kLeft = 200;
constexpr std::int64_t kRow = 24;
constexpr std::int64_t kTop = 12;
constexpr std::int64_t kLabel = 100;  // beside the bars

struct Span {
  std::int64_t start;
  std::int64_t length;  // at least 1, and within the whole
};

Span Scale(const runtime::TimelineStage& stage, std::int64_t total_ms, std::int64_t whole) {
  total_ms = std::max<std::int64_t>(total_ms, 1);
  const std::int64_t start = std::min(stage.start.count() * whole / total_ms, whole - 1);
  const std::int64_t end = std::min(stage.end.count() * whole / total_ms, whole);
  return {.start = start, .length = std::max<std::int64_t>(end - start, 1)};
}

// "12.345", seconds.
std::string Seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof(text), "%lld.%03d", static_cast<long long>(time.count() / 1000),
                static_cast<int>(time.count() % 1000));
  return text;
}

std::string Right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string Attribute(const char* name, std::int64_t value) {
  return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

// The first `width` characters, filled up with spaces: a stage's name is ASCII but for a broken
// file.
std::string Cell(std::string_view text, std::size_t width) {
  std::string cell(text.substr(0, width));
  cell.resize(width, ' ');
  return Printable(cell);
}

// Character data of XML 1.0 (§2.2): what is printable less U+FFFE and U+FFFF, markup escaped.
std::string Escape(std::string_view text) {
  std::string out;
  const std::string printable = Printable(text);
  for (std::size_t i = 0; i < printable.size(); ++i) {
    const std::string_view rest = std::string_view(printable).substr(i);
    if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
      out += '?';
      i += 2;
    } else if (rest.front() == '<') {
      out += "&lt;";
    } else if (rest.front() == '&') {
      out += "&amp;";
    } else if (rest.front() == '>') {
      out += "&gt;";
    } else {
      out += rest.front();
    }
  }
  return out;
}

}  // namespace

std::string TimelineText(const runtime::Timeline& timeline) {
  const std::int64_t total = timeline.end().count();
  std::string text = Cell("STAGE", 16) + "    START     TIME  0" +
                     Right(Seconds(timeline.end()) + " s", kColumns - 1) + "\n";
  for (const runtime::TimelineStage& stage : timeline.stages()) {
    const Span bar = Scale(stage, total, kColumns);
    text += Cell(stage.stage, 16) + Right(Seconds(stage.start), 9) +
            Right(Seconds(stage.end - stage.start), 9) + "  " +
            std::string(static_cast<std::size_t>(bar.start), ' ') +
            std::string(static_cast<std::size_t>(bar.length), '#') + "\n";
  }
  return text;
}

std::string TimelineSvg(const runtime::Timeline& timeline) {
  const std::int64_t total = timeline.end().count();
  const auto rows = static_cast<std::int64_t>(timeline.stages().size());
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"" +
                    Attribute("width", kLeft + kBars + kLabel) +
                    Attribute("height", kTop + rows * kRow + kRow) +
                    " font-family=\"sans-serif\" font-size=\"13\">\n"
                    "<title>Stages of this boot, in seconds since the kernel started</title>\n"
                    "<style>svg{background:#fff}text{fill:#222}rect{fill:#2a6fb0}"
                    "@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#ddd}"
                    "rect{fill:#6fb1ec}}</style>\n";
  std::int64_t y = kTop;
  for (const runtime::TimelineStage& stage : timeline.stages()) {
    const Span bar = Scale(stage, total, kBars);
    const std::string text_y = Attribute("y", y + 14);
    svg += "<g><title>" + Seconds(stage.start) + " s to " + Seconds(stage.end) +
           " s: " + Escape(stage.detail) + "</title><text x=\"8\"" + text_y + ">" +
           Escape(stage.stage) + "</text><rect" + Attribute("x", kLeft + bar.start) +
           Attribute("y", y) + Attribute("width", bar.length) + " height=\"18\"/><text" +
           Attribute("x", kLeft + bar.start + bar.length + 6) + text_y + ">" +
           Seconds(stage.end - stage.start) + " s</text></g>\n";
    y += kRow;
  }
  return svg + "</svg>\n";
}

}  // namespace powernode::commands
