// Randomness from the operating system, for event ids, pseudonyms and the like. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace puhui::crypto {

std::string random_bytes(std::size_t size);

}  // namespace puhui::crypto
