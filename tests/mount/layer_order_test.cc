#include "mount/layer_order.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace powernode::mount::layer_order_test {

TEST_CASE("priority ascending, ties by the lower-case id, whatever the order of the list") {
  std::vector<LayerKey> modules = {{"b", 10}, {"A", 10}, {"z", -1}, {"m", 30000}, {"c", 10}};
  std::vector<std::string> expected = {"z", "A", "b", "c", "m"};
  std::ranges::sort(modules, {}, &LayerKey::module_id);
  do {
    const Result<std::vector<std::size_t>> order = OrderLayers(modules);
    REQUIRE(order.ok());
    std::vector<std::string> ids;
    for (const std::size_t index : *order) ids.push_back(modules[index].module_id);
    CHECK(ids == expected);
  } while (std::ranges::next_permutation(modules, {}, &LayerKey::module_id).found);
}

TEST_CASE("refuses a list that cannot be composed") {
  CHECK(OrderLayers({}).error().code() == "no_layers");
  const std::vector<LayerKey> twice = {{"ab", 1}, {"AB", 2}};
  CHECK(OrderLayers(twice).error().code() == "duplicate_module");
  std::vector<LayerKey> many;
  for (std::size_t i = 0; i < kMaxLayers; ++i) many.push_back({"m" + std::to_string(i), 0});
  CHECK(OrderLayers(many).ok());
  many.push_back({"one more", 0});
  CHECK(OrderLayers(many).error().code() == "too_many_layers");
  CHECK(OrderLayers(many).error().kind() == ErrorKind::kInvalid);
}

}  // namespace powernode::mount::layer_order_test
