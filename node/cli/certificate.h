// Certificates of retirements and of how parties stand: fields hashed one by one under a salt each,
// so that the holder shows some and keeps the rest. All functions but make_certificate, which draws
// salts, are pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "node/cli/text.h"
#include "proto/error.h"
#include "puhui/v1/api.pb.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {

inline constexpr std::size_t kSaltSize = 16;
inline constexpr int kCertificateFieldsMax = 256;

// The fields of a JSON object of texts. INVALID_ARGUMENT if it is none.
[[nodiscard]] Result<Fields> read_fields(std::string_view json);

// Salts the fields. INVALID_ARGUMENT if there is none or more than kCertificateFieldsMax, or one
// twice, without a name or with one that is too long.
[[nodiscard]] Result<v1::CertificateFile> make_certificate(std::string number,
                                                           const Fields& fields);

// The file as make_certificate writes it. INVALID_ARGUMENT if it is not sound.
[[nodiscard]] Result<v1::CertificateFile> parse_certificate(std::string_view json);

// RFC 6962 root over the fields of a sound file.
[[nodiscard]] crypto::Digest certificate_root(const v1::CertificateFile& file);

// The fields of these names, with their paths. NOT_FOUND for a name that is none of its fields.
[[nodiscard]] Result<v1::CertificateProof> disclose(const v1::CertificateFile& file,
                                                    std::span<const std::string> names);

// What the ledger's certificate is of: a retirement; or a party, a bank and a position.
[[nodiscard]] Fields subject_fields(const v1::Certify& certified);

// Whether every field shown leads to the root that the ledger's certificate of this number names,
// none of them twice, and of a statement none says another subject than the ledger.
// PROOF_MALFORMED, PROOF_INVALID.
[[nodiscard]] Result<void> verify_disclosure(const v1::CertificateProof& proof,
                                             const v1::Certificate& certificate);

}  // namespace puhui::node::cli
