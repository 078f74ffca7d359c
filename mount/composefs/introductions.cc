#include "mount/composefs/introductions.h"

#include <optional>

namespace powernode::mount::composefs {
namespace {

enum class Numbering { kCanonical, kAny };

class Introducer {
 public:
  Introducer(const ImageIndex& index, const std::vector<std::uint32_t>& numbers,
             const WhiteoutMarks& marks, Numbering numbering)
      : index_(index),
        numbers_(numbers),
        marks_(marks),
        numbering_(numbering),
        introduced_(index.size()),
        introductions_(index.size()) {}

  // False when some inode has no name at which its number would be due.
  bool Run();
  std::vector<Introduction> TakeIntroductions() { return std::move(introductions_); }

 private:
  void Visit(std::uint32_t inode, Introduction at);
  void Introduce(std::uint32_t inode, Introduction at);

  struct Held {
    std::uint32_t inode;
    Introduction at;
  };

  const ImageIndex& index_;
  const std::vector<std::uint32_t>& numbers_;
  const WhiteoutMarks& marks_;
  const Numbering numbering_;
  std::vector<bool> introduced_;
  std::vector<Introduction> introductions_;
  std::uint32_t due_ = 1;     // the number of the next inode; the root has 0
  std::optional<Held> held_;  // could be introduced here, if no better place comes
};

bool Introducer::Run() {
  introduced_[0] = true;
  for (std::uint32_t directory = 0; directory < index_.size(); ++directory) {
    const auto entries = index_.entries(directory);
    for (std::size_t i = 0; i < entries.size(); ++i) Visit(entries[i].inode, {directory, i});
  }
  if (held_) Introduce(held_->inode, held_->at);
  for (const bool introduced : introduced_)
    if (!introduced) return false;
  return numbering_ == Numbering::kAny || numbers_[0] == 0;
}

void Introducer::Visit(std::uint32_t inode, Introduction at) {
  if (introduced_[inode]) return;
  if (numbering_ == Numbering::kAny) {
    Introduce(inode, at);
    return;
  }
  if (held_ && numbers_[inode] == due_ + 1) Introduce(held_->inode, held_->at);
  if (numbers_[inode] != due_) return;
  if (!marks_.looks_like_one[inode] || marks_.holds_some[at.directory])
    Introduce(inode, at);
  else if (!held_)
    held_ = Held{inode, at};
}

void Introducer::Introduce(std::uint32_t inode, Introduction at) {
  introduced_[inode] = true;
  introductions_[inode] = at;
  held_.reset();
  ++due_;
}

}  // namespace

std::vector<Introduction> FindIntroductions(const ImageIndex& index,
                                            const std::vector<std::uint32_t>& numbers,
                                            const WhiteoutMarks& marks) {
  Introducer canonical(index, numbers, marks, Numbering::kCanonical);
  if (canonical.Run()) return canonical.TakeIntroductions();
  Introducer any(index, numbers, marks, Numbering::kAny);
  any.Run();
  return any.TakeIntroductions();
}

}  // namespace powernode::mount::composefs
