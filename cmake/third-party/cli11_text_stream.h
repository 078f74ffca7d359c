// Copied into CLI11's headers by build.sh, where it stands in for the standard streams. Those bring every facet of
// every locale into a static binary (660 KiB, a sixth of the agent) and CLI11 uses them to put strings together.

#pragma once

#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace CLI {

/// The next item is padded to this many bytes.
struct TextWidth {
    std::size_t value;
};
inline TextWidth text_width(int value) { return {value < 0 ? 0 : static_cast<std::size_t>(value)}; }

enum class TextFlag { left, hex, flush };

/// A text that is written to its end and read from its start, or one that goes to a file as it is written.
class TextStream {
  public:
    TextStream() = default;
    explicit TextStream(std::string text) : text_(std::move(text)) {}
    explicit TextStream(std::FILE *file) : file_(file) {}

    std::string str() const { return text_; }
    void str(std::string text) {
        text_ = std::move(text);
        read_ = 0;
        good_ = true;
    }

    bool good() const { return good_; }
    bool fail() const { return !good_; }
    std::size_t tellp() const { return text_.size(); }
    const TextStream *rdbuf() const { return this; }
    std::size_t in_avail() const { return text_.size() - read_; }
    void precision(int digits) { precision_ = digits; }
    TextStream &put(char item) {
        write(std::string_view(&item, 1));
        return *this;
    }
    explicit operator bool() const { return good_; }

    TextStream &operator<<(TextWidth width) {
        width_ = width.value;
        return *this;
    }
    TextStream &operator<<(TextFlag flag) {
        left_ = left_ || flag == TextFlag::left;
        hex_ = hex_ || flag == TextFlag::hex;
        if(file_ != nullptr && flag == TextFlag::flush)
            std::fflush(file_);
        return *this;
    }
    TextStream &operator<<(std::string_view item) {
        const std::size_t padding = item.size() < width_ ? width_ - item.size() : 0;
        width_ = 0;
        if(!left_)
            write(std::string(padding, ' '));
        write(item);
        if(left_)
            write(std::string(padding, ' '));
        return *this;
    }
    TextStream &operator<<(const std::string &item) { return *this << std::string_view(item); }
    TextStream &operator<<(const char *item) { return *this << std::string_view(item); }
    TextStream &operator<<(char item) { return *this << std::string_view(&item, 1); }

    template <std::integral T> TextStream &operator<<(T item) {
        if(!hex_)
            return *this << std::to_string(item);
        char digits[2 * sizeof(unsigned long long) + 1];
        std::snprintf(digits, sizeof digits, "%llx", static_cast<unsigned long long>(std::make_unsigned_t<T>(item)));
        return *this << digits;
    }
    template <std::floating_point T> TextStream &operator<<(T item) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.*g", precision_, static_cast<double>(item));
        return *this << digits;
    }

    friend TextStream &getline(TextStream &from, std::string &line, char end = '\n') {
        from.good_ = from.read_ < from.text_.size();
        if(!from.good_) {
            line.clear();
            return from;
        }
        const std::size_t at = from.text_.find(end, from.read_);
        line = from.text_.substr(from.read_, at == std::string::npos ? at : at - from.read_);
        from.read_ = at == std::string::npos ? from.text_.size() : at + 1;
        return from;
    }

  protected:
    bool good_ = true;

  private:
    void write(std::string_view item) {
        if(file_ != nullptr)
            std::fwrite(item.data(), 1, item.size(), file_);
        else
            text_ += item;
    }

    std::FILE *file_ = nullptr;
    std::string text_{};
    std::size_t read_ = 0;
    std::size_t width_ = 0;
    int precision_ = 6;
    bool left_ = false, hex_ = false;
};

/// A file read at once; not good when it cannot be opened.
class TextFile : public TextStream {
  public:
    explicit TextFile(const std::string &path) {
        std::FILE *file = std::fopen(path.c_str(), "re");
        good_ = file != nullptr;
        if(!good_)
            return;
        std::string text;
        char part[4096];
        for(std::size_t size = 0; (size = std::fread(part, 1, sizeof part, file)) > 0;)
            text.append(part, size);
        std::fclose(file);
        str(std::move(text));
    }
};

inline TextStream &text_output() {
    static TextStream output(stdout);
    return output;
}
inline TextStream &text_error() {
    static TextStream error(stderr);
    return error;
}

/// As std::isspace and the like in the C locale, which is the only one the agent knows.
inline bool text_is_space(char item) { return item == ' ' || (item >= '\t' && item <= '\r'); }
inline bool text_is_letter(char item) { return (item >= 'a' && item <= 'z') || (item >= 'A' && item <= 'Z'); }
inline char text_to_lower(char item) { return item >= 'A' && item <= 'Z' ? static_cast<char>(item - 'A' + 'a') : item; }

}  // namespace CLI
