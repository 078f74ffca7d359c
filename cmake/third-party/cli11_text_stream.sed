# CLI11 without the standard streams and locales: see cli11_text_stream.h.
/^#include <\(fstream\|iomanip\|iostream\|sstream\)>/d
s/std::\(i\|o\|\)stringstream/CLI::TextStream/g
s/std::\(i\|o\)stream/CLI::TextStream/g
s/std::ifstream/CLI::TextFile/g
s/std::cout/CLI::text_output()/g
s/std::cerr/CLI::text_error()/g
s/std::getline/getline/g
s/std::setw/CLI::text_width/g
s/std::\(left\|hex\|flush\)/CLI::TextFlag::\1/g
s/std::isspace<char>(\([^,]*\), std::locale())/CLI::text_is_space(\1)/g
s/std::isalpha(\([^,]*\), std::locale())/CLI::text_is_letter(\1)/g
s/std::tolower(\([^,]*\), std::locale())/CLI::text_to_lower(\1)/g
s/^#include "Macros\.hpp"/#include "TextStream.hpp"\n&/
