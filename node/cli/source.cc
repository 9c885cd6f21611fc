#include "node/cli/source.h"

#include "node/files/folder.h"

namespace puhui::node::cli {

Result<void> read_into(std::string& bytes, const std::string& path) {
  if (path.empty()) return {};
  auto read = read_file(path);
  if (!read) return tl::make_unexpected(read.error());
  bytes = std::move(*read);
  return {};
}

Result<SourceOptions> source_of(const Session& session, const std::string& where) {
  SourceOptions source{where, {}, {}};
  const auto& settings = session.settings();
  if (auto read = read_into(source.authority_pem, settings.authority_file); !read)
    return tl::make_unexpected(read.error());
  if (where.starts_with("https://") && source.authority_pem.empty())
    return fail(ErrorCode::CONFIG, "--ca: the certificate of the source's authority");
  if (settings.client_certificate_file.empty()) return source;
  tls::CertifiedKey certificate;
  if (auto read = read_into(certificate.certificate_pem, settings.client_certificate_file); !read)
    return tl::make_unexpected(read.error());
  if (auto read = read_into(certificate.key_pem, settings.client_key_file); !read)
    return tl::make_unexpected(read.error());
  source.certificate = std::move(certificate);
  return source;
}

}  // namespace puhui::node::cli
