// Objects whose content is known.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "mount/object_store.h"

namespace powernode::testing {

mount::NeededObject ObjectOf(std::string_view content);
// Other content, whose object lies in the same directory of a store.
std::string NeighbourOf(std::string_view content);
void AddObjects(const mount::ObjectStore& store, std::initializer_list<std::string_view> contents);
// "" when it cannot be read.
std::string StoredContent(const mount::ObjectStore& store, const mount::NeededObject& object);

}  // namespace powernode::testing
