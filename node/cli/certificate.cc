#include "node/cli/certificate.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <set>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/merkle.h"
#include "crypto/random.h"

namespace puhui::node::cli {
namespace {

constexpr std::size_t kNameSizeMax = UINT16_MAX;

bool is_field(const v1::CertificateField& field) {
  return !field.name().empty() && field.name().size() <= kNameSizeMax &&
         field.salt().size() == kSaltSize;
}

crypto::Digest hash_of(const v1::CertificateField& field) {
  std::string leaf = field.salt();
  crypto::append_u16(leaf, static_cast<std::uint16_t>(field.name().size()));
  return crypto::leaf_hash(leaf + field.name() + field.value());
}

std::vector<crypto::Digest> hashes_of(const v1::CertificateFile& file) {
  std::vector<crypto::Digest> hashes;
  for (const auto& field : file.fields()) hashes.push_back(hash_of(field));
  return hashes;
}

Result<void> check_sound(const v1::CertificateFile& file) {
  const auto invalid = [](const char* what) { return fail(ErrorCode::INVALID_ARGUMENT, what); };
  if (file.certificate().empty()) return invalid("a certificate without a number");
  if (file.fields().empty() || file.fields_size() > kCertificateFieldsMax)
    return invalid("a certificate has 1 to 256 fields");
  std::set<std::string> names;
  for (const auto& field : file.fields()) {
    if (!is_field(field)) return invalid("a field has a name of at most 65535 bytes and a salt");
    if (!names.insert(field.name()).second) return invalid("a field is there twice");
  }
  return {};
}

v1::DisclosedField disclose_one(const v1::CertificateFile& file, int index,
                                const std::vector<crypto::Digest>& hashes) {
  const auto nodes = [&hashes](unsigned level, std::uint64_t node) {
    const auto width = std::size_t{1} << level;
    return crypto::root_of(std::span(hashes).subspan(node * width, width));
  };
  v1::DisclosedField shown;
  *shown.mutable_field() = file.fields(index);
  shown.set_index(static_cast<std::uint32_t>(index));
  for (const auto& hash :
       crypto::inclusion_proof(static_cast<std::uint64_t>(index), hashes.size(), nodes))
    shown.add_path(std::string(hash.view()));
  return shown;
}

Result<void> verify_field(const v1::DisclosedField& shown, const v1::Certify& certified) {
  const auto root = crypto::Digest::from_bytes(certified.fields_root());
  if (!is_field(shown.field()) || !root)
    return fail(ErrorCode::PROOF_MALFORMED, "the field " + shown.field().name());
  std::vector<crypto::Digest> path;
  for (const auto& bytes : shown.path()) {
    const auto hash = crypto::Digest::from_bytes(bytes);
    if (!hash) return fail(ErrorCode::PROOF_MALFORMED, "a path of other than hashes");
    path.push_back(*hash);
  }
  return crypto::verify_inclusion(
      {shown.index(), certified.fields(), hash_of(shown.field()), *root}, path);
}

// Of a statement, a field that says whom it is of, for whom or when says what the ledger says.
Result<void> check_subject(const v1::CertificateField& field, const v1::Certify& certified) {
  if (!certified.has_statement()) return {};
  for (const auto& [name, value] : subject_fields(certified))
    if (field.name() == name && field.value() != value)
      return fail(ErrorCode::PROOF_INVALID, "the ledger's certificate is of " + name + " " + value);
  return {};
}

}  // namespace

Fields subject_fields(const v1::Certify& certified) {
  if (!certified.has_statement()) return {{"retirement", std::to_string(certified.retirement())}};
  const auto& statement = certified.statement();
  return {{"party", statement.party()},
          {"bank", statement.bank()},
          {"position", std::to_string(statement.position())}};
}

Result<Fields> read_fields(std::string_view json) {
  google::protobuf::Struct object;
  if (auto read = from_json(json, object, false); !read) return tl::make_unexpected(read.error());
  Fields fields;
  for (const auto& [name, value] : object.fields()) {
    if (!value.has_string_value())
      return fail(ErrorCode::INVALID_ARGUMENT, "the field " + name + " is not a text");
    fields.emplace_back(name, value.string_value());
  }
  return fields;
}

Result<v1::CertificateFile> make_certificate(std::string number, const Fields& fields) {
  v1::CertificateFile file;
  file.set_certificate(std::move(number));
  for (const auto& [name, value] : fields) {
    auto& field = *file.add_fields();
    field.set_name(name);
    field.set_value(value);
    field.set_salt(crypto::random_bytes(kSaltSize));
  }
  if (auto sound = check_sound(file); !sound) return tl::make_unexpected(sound.error());
  // By hash, so that the place of a field that is shown says nothing of those that are not.
  std::ranges::sort(*file.mutable_fields(), [](const auto& one, const auto& other) {
    return hash_of(one).view() < hash_of(other).view();
  });
  return file;
}

Result<v1::CertificateFile> parse_certificate(std::string_view json) {
  v1::CertificateFile file;
  if (auto read = from_json(json, file, false); !read) return tl::make_unexpected(read.error());
  if (auto sound = check_sound(file); !sound) return tl::make_unexpected(sound.error());
  return file;
}

crypto::Digest certificate_root(const v1::CertificateFile& file) {
  return crypto::root_of(hashes_of(file));
}

Result<v1::CertificateProof> disclose(const v1::CertificateFile& file,
                                      std::span<const std::string> names) {
  const auto hashes = hashes_of(file);
  v1::CertificateProof proof;
  proof.set_certificate(file.certificate());
  proof.set_fields(static_cast<std::uint32_t>(hashes.size()));
  proof.set_root(std::string(certificate_root(file).view()));
  for (const auto& name : std::set<std::string>(names.begin(), names.end())) {
    const auto found = std::ranges::find(file.fields(), name, &v1::CertificateField::name);
    if (found == file.fields().end())
      return fail(ErrorCode::NOT_FOUND, "the certificate has no field " + name);
    const auto index = static_cast<int>(found - file.fields().begin());
    *proof.add_disclosed() = disclose_one(file, index, hashes);
  }
  return proof;
}

Result<void> verify_disclosure(const v1::CertificateProof& proof,
                               const v1::Certificate& certificate) {
  const auto& certified = certificate.certificate();
  if (certified.certificate() != proof.certificate() || certified.fields() != proof.fields() ||
      certified.fields_root() != proof.root())
    return fail(ErrorCode::PROOF_INVALID, "the ledger's certificate is of other fields");
  if (proof.disclosed().empty()) return fail(ErrorCode::PROOF_MALFORMED, "it shows no field");
  std::set<std::string> names;
  for (const auto& shown : proof.disclosed()) {
    if (!names.insert(shown.field().name()).second)
      return fail(ErrorCode::PROOF_INVALID, "a field is shown twice: " + shown.field().name());
    if (auto leads = verify_field(shown, certified); !leads) return leads;
    if (auto same = check_subject(shown.field(), certified); !same) return same;
  }
  return {};
}

}  // namespace puhui::node::cli
