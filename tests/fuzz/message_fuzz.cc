// Every message of every .proto file, as bytes and as JSON from outside: what parses is written to
// bytes that parse to the same, JSON carries all of it but unknown fields, and a table of it holds
// nothing that a terminal would obey.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/text.h"
#include "node/views/format.h"

namespace {

namespace cli = puhui::node::cli;
namespace views = puhui::node::views;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

void add_with_nested(std::vector<const Descriptor*>& types, const Descriptor* type) {
  types.push_back(type);
  for (int i = 0; i < type->nested_type_count(); ++i) add_with_nested(types, type->nested_type(i));
}

// All messages of the files that the build found in proto/.
std::vector<const Descriptor*> all_types() {
  std::vector<const Descriptor*> types;
  std::istringstream names(PUHUI_PROTO_NAMES);
  for (std::string name; names >> name;) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    assert(file && "a .proto file that is not linked");
    for (int i = 0; i < file->message_type_count(); ++i)
      add_with_nested(types, file->message_type(i));
  }
  return types;
}

const Descriptor& chosen(const std::vector<const Descriptor*>& types, std::string_view words) {
  for (const auto* type : types)
    if (type->full_name() == words) return *type;
  std::size_t number = 0;
  for (const char c : words) number = number * 31 + static_cast<unsigned char>(c);
  return *types[number % types.size()];
}

std::unique_ptr<Message> fresh(const Descriptor& type) {
  const auto* prototype = MessageFactory::generated_factory()->GetPrototype(&type);
  assert(prototype);
  return std::unique_ptr<Message>(prototype->New());
}

void check_bytes(const Message& message, const Descriptor& type) {
  const auto bytes = message.SerializeAsString();
  const auto again = fresh(type);
  assert(again->ParseFromString(bytes) && again->SerializeAsString() == bytes);
}

// `message` has no unknown fields.
void check_json(const Message& message, const Descriptor& type) {
  const auto bytes = message.SerializeAsString();
  for (const auto& json :
       {views::to_json(message), cli::to_json(message), cli::to_json_line(message)}) {
    const auto again = fresh(type);
    const auto read = cli::from_json(json, *again, false);
    assert(read && again->SerializeAsString() == bytes);
  }
}

void check_table(const Message& message) {
  const auto table = cli::field_table(message);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) assert(cli::printable(line) == line);
}

void check(const Message& message, const Descriptor& type) {
  check_json(message, type);
  check_table(message);
}

}  // namespace

// The first line names the message, or any other words choose one; the rest is its bytes or JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto types = all_types();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto& type = chosen(types, input.substr(0, end));
  const auto bytes = input.substr(end + 1);
  const auto message = fresh(type);
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    check_bytes(*message, type);
    message->DiscardUnknownFields();
    check(*message, type);
  }
  for (const bool lenient : {false, true}) {
    const auto told = fresh(type);
    if (cli::from_json(bytes, *told, lenient)) check(*told, type);
  }
  return 0;
}
