// Where everything lies in the ledger's database: the one list of key families.
//
// The first byte is the family. Families in lower case are the ledger itself; all views begin with
// 'v', so that "what the state digest covers" is one prefix. Numbers are big-endian, so that the
// database's byte order is their order; a signed number has its sign bit flipped for the same end.
// Names inside a key end in a zero byte (no name may hold one).
//
//   m NAME                        bookkeeping: "head", "applied" (u64 index, term, leaves then),
//                                 "gap" (first leaf followed without its attachment), "families"
//   h u8 map, PREFIX              page of an authenticated map (map_pages.h)
//   c KEY                         key of a map changed since the last state root (map_pages.h)
//   i SUBJECT 0 u64 leaf          the leaf changed the view of this subject, its key from the
//                                 family on: party, account, batch, project, tags published; or a
//                                 party sent the leaf
//   e u64 leaf                    entry bytes
//   t u8 level, u64 tile          hash tile, up to 256 × 32 bytes (C2SP tlog-tiles)
//   a u64 leaf                    attachment bytes of that leaf
//   r PARTY 0 id[16]              refused outcome, until its valid_until
//   x i64 valid_until, r-key      order in which refused outcomes end
//   v G                           genesis
//   v R u64 leaf                  rule set
//   v D i64 due, u8 kind, key     what falls due, and the record it changes (rules/due.h)
//   v P PARTY                     party
//   v E LEGAL-ENTITY 0 PARTY      parties of one legal entity
//   v K key id[32]                key
//   v N u64 node id               node of the cluster
//   v V PROPOSAL                  proposal
//   v M CODE 0 VERSION            methodology
//   v I KIND NAME 0 i64 from      version in force from a day: KIND 'P' of a project methodology by
//                                 code, 'B' of behaviour methodologies by scenario
//   v J PROJECT                   project; v W REPORT: monitoring report
//   v Q METER-KEY 0 i64 from      period of an accepted report: i64 to, report
//   v X METER-KEY 0 i64 from      crediting period claimed by a project: i64 to, project
//   v f FILING                    filing
//   v e u8 1, u32 year            list of a year; u8 2, year, ENTITY: firm; u8 3, year, METER-KEY:
//                                 legal entity
//   v B BATCH                     unit batch
//   v U u64 end                   unit block, by its last serial: the block that holds a serial is
//                                 the first one at or after it
//   v H ACCOUNT 0 u64 start       unit block held by an account, free to move: u64 end
//   v b BOND 0 u64 start          unit block bound by it: u64 end
//   v l u64 leaf                  recall or reversal
//   v h BOND                      bond
//   v c CASE                      retirement case
//   v n CERTIFICATE               certificate
//   v o LOAN                      loan reference
//   v t i32 day                   what was traded on a day
//   v r REFERENCE                 a trade was reported; v s INSTRUCTION: a settlement carried out
//   v u PURPOSE 0 u32 year, FIRM  u64 kilograms counted against caps; of all firms: no firm
//   v Y u64 batch start, u64 leaf, u64 start   unit move
//   v F ACCOUNT                   the account holds no free serial below: u64 serial
//   v A ACCOUNT                   account; a personal one: 0x01 pseudonym[16] (personal.h)
//   v C i32 day, u32 slot, leaf hash[32]       claim (personal.h), by the leaf hash of its key
//   v g i32 day, pseudonym[16], SCENARIO       credited for acts of the day, where there is a cap:
//                                 i64 grams, u32 records; of a year: day -year; kept for ever
//   v d u8 1, u64 leaf            behaviour batch; u8 2, SCENARIO: all acts of a scenario
//   v q leaf hash[32]             confirmed or moved (personal.h), by the leaf hash of its name
//   v p pseudonym[16] PARTY       what the person has agreed to (rules/citizens/credits.h)
//   v w pseudonym[16]             key of a self-held account
//   v k i32 period, pseudonym[16], PLATFORM    u64 grams kept by the platform's pool in the period:
//                                 a day, less a month, less a year
//   v z u64 leaf                  opening of a pseudonym
//   v x OFFER                     offer
//   v y OFFER 0 pseudonym[16]     u64 how many of it the person has got
//   v y 0 i32 day, pseudonym[16]  i64 grams that a custodian debited the person on a day
//   v j SETTLEMENT                settlement of an offer
//   v a SOURCE                    emission source
//   v i FACTOR 0 i64 from         emission factor in force from a day
//   v v u8 1, SOURCE 0 i32 day    reading: u64 value, u8 1 if it jumps; u8 2, SOURCE 0 u32 month:
//                                 what its month comes to
//   v m FOOTPRINT                 footprint
//   v v u8 3, PARTY 0 u32 year    target; u8 4, PARTY 0 FOOTPRINT: footprints of a party; u8 5,
//                                 PARTY 0 SOURCE: its sources; u8 6, TABLE: a table of factors
//                                 was filed
//   v L                           which days are closed to claims (rules/claims.h)
//   v L i32 day, u32 slot         list of the claims of a closed day's slot (rules/claims.h)
//   v Z u64 leaf                  retirement
//   v O PARTY 0 id[16]            accepted outcome
//   v 0                           digest of the first genesis event of this city's lineage
//   v 1 CITY                      agreement with a partner, its last version
//   v 2 CITY                      partner's log as far as it is known
//   v 3 id[32]                    transfer to or from a partner
//   v 4 u8 1, CITY 0 u32 version  version of an agreement
//   v 4 u8 2, CITY 0 u32 epoch, u64 size       AcceptedCheckpoint
//   v 4 u8 3, CITY 0 u32 year     u64 kilograms recognised of the partner's units in the year
//   v 4 u8 4, CITY 0 PURPOSE 0 u32 year        u64 kilograms of them retired
//   v 4 u8 5, CITY 0 u64 end      their serials that are here (rules/recognition/serials.cc)
//   v 4 u8 6, CITY 0 u32 epoch, u64 leaf       recall there: u64 leaf here; u8 13, the same: noted
//                                 in part, u64 serial there that is next
//   v 4 u8 7, CITY 0 u64 end      what was recalled there (the same)
//   v 4 u8 8, CITY 0 u64 leaf     retirement here that was stated for the city: u64 leaf
//   v 4 u8 9, CITY 0 PROJECT      project of a partner
//   v 4 u8 10, METER-KEY 0 i64 from, CITY 0 PROJECT   the same, by its keys
//   v 4 u8 11, CITY 0 u32 epoch, u64 leaf, id[32]   transfer, by the leaf there that tells of it;
//                                 or retirement, by its statement's leaf hash: u64 leaf here
//   v 4 u8 12, ORIGIN             partner whose log it is, or was: CITY; u8 16, lineage[32]: same
//   v 4 u8 15, leaf hash[32]      a retirement was made again, by that of its statement
//   v 4 u8 14, CITY 0 FILING      draft there of a project, noted here, that has ended: u32 epoch,
//                                 u64 leaf there
//   v 6                           epoch, if it is not the first
//   v 5 u8 1, CITY 0 tag[32]      tag for a partner of an act credited here: u64 leaf, u32 record
//   v 5 u8 2, CITY 0 u64 leaf, u32 record      the same in their order: tag[32]
//   v 5 u8 3, CITY 0              leaf up to which they were published: u64
//   v 5 u8 4, CITY 0 tag[32]      tag that a partner published: u64 leaf there, u32 record
//   v 5 u8 5, CITY 0              leaf there up to which they were noted: u64
//   v 5 u8 6, CITY 0 u64 leaf, u32 record      of both: credited here and there; by the act here
//   v S                           next serial number
//   v T                           totals
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/bytes.h"
#include "ledger/state_root.h"

namespace puhui::ledger::key {

inline constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
inline std::uint64_t flipped(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ kSignBit;
}

// A key under construction; each call appends one part.
class Builder {
 public:
  explicit Builder(std::string_view family) : key_(family) {}
  Builder&& raw(std::string_view bytes) && {
    key_ += bytes;
    return std::move(*this);
  }
  Builder&& name(std::string_view text) && {
    key_ += text;
    key_ += '\0';
    return std::move(*this);
  }
  Builder&& u64(std::uint64_t v) && {
    crypto::append_u64(key_, v);
    return std::move(*this);
  }
  Builder&& u32(std::uint32_t v) && {
    crypto::append_u32(key_, v);
    return std::move(*this);
  }
  Builder&& u8(std::uint8_t v) && {
    key_ += static_cast<char>(v);
    return std::move(*this);
  }
  Builder&& i32(std::int32_t v) && {
    return std::move(*this).u32(static_cast<std::uint32_t>(v) ^ 0x80000000u);
  }
  Builder&& i64(std::int64_t v) && { return std::move(*this).u64(flipped(v)); }
  std::string done() && { return std::move(key_); }

 private:
  std::string key_;
};

inline std::string meta(std::string_view name) { return Builder("m").raw(name).done(); }
inline std::string entry(std::uint64_t leaf) { return Builder("e").u64(leaf).done(); }
inline std::string attachment(std::uint64_t leaf) { return Builder("a").u64(leaf).done(); }
inline std::string tile(unsigned level, std::uint64_t index) {
  return Builder("t").u8(static_cast<std::uint8_t>(level)).u64(index).done();
}
inline std::string map_page(StateMap map, std::string_view prefix) {
  return Builder("h").u8(static_cast<std::uint8_t>(map)).raw(prefix).done();
}
inline constexpr std::string_view kChangedFamily = "c";
inline std::string changed(std::string_view key) { return Builder(kChangedFamily).raw(key).done(); }
inline std::string refused(std::string_view party, std::string_view id) {
  return Builder("r").name(party).raw(id).done();
}
inline std::string refused_end(std::int64_t valid_until, std::string_view refused_key) {
  return Builder("x").i64(valid_until).raw(refused_key).done();
}
// The parts of a refused_end key.
inline std::int64_t refusal_end(std::string_view order) {
  return static_cast<std::int64_t>(crypto::read_u64(order.substr(1)) ^ kSignBit);
}
inline std::string_view refusal_name(std::string_view order) { return order.substr(9); }

inline constexpr std::string_view kTouchedFamily = "i";
inline std::string touches(std::string_view subject) {
  return Builder(kTouchedFamily).name(subject.substr(1)).done();
}
inline std::string touched(std::string_view subject, std::uint64_t leaf) {
  return Builder(kTouchedFamily).name(subject.substr(1)).u64(leaf).done();
}

inline std::string genesis() { return "vG"; }
inline std::string rule_set(std::uint64_t leaf) { return Builder("vR").u64(leaf).done(); }
inline std::string due(std::int64_t due, std::uint8_t kind, std::string_view record_key) {
  return Builder("vD").i64(due).u8(kind).raw(record_key).done();
}
inline std::string party(std::string_view party) { return Builder("vP").raw(party).done(); }
inline std::string legal_entity(std::string_view entity) {
  return Builder("vE").name(entity).done();
}
inline std::string legal_entity_party(std::string_view entity, std::string_view party) {
  return Builder("vE").name(entity).raw(party).done();
}
inline std::string public_key(std::string_view key_id) { return Builder("vK").raw(key_id).done(); }
inline std::string node(std::uint64_t node_id) { return Builder("vN").u64(node_id).done(); }
inline std::string proposal(std::string_view proposal) {
  return Builder("vV").raw(proposal).done();
}
inline std::string methodology(std::string_view code, std::string_view version) {
  return Builder("vM").name(code).raw(version).done();
}
inline std::string version_from(std::string_view line, std::int64_t day) {
  return Builder(line).i64(day).done();
}
inline std::string project_versions(std::string_view code) {
  return Builder("vIP").name(code).done();
}
inline std::string behaviour_versions(std::string_view scenario) {
  return Builder("vIB").name(scenario).done();
}
inline std::string project(std::string_view project) { return Builder("vJ").raw(project).done(); }
inline std::string report(std::string_view report) { return Builder("vW").raw(report).done(); }
inline std::string periods(std::string_view meter) { return Builder("vQ").name(meter).done(); }
inline std::string period_from(std::string_view meter, std::int64_t day) {
  return Builder("vQ").name(meter).i64(day).done();
}
inline std::string claimed_periods(std::string_view meter) {
  return Builder("vX").name(meter).done();
}
inline std::string claimed_period(std::string_view meter, std::int64_t day) {
  return Builder("vX").name(meter).i64(day).done();
}
inline std::string filing(std::string_view filing) { return Builder("vf").raw(filing).done(); }
inline std::string ets_years() { return Builder("ve").u8(1).done(); }
inline std::string ets_year(std::uint32_t year) { return Builder("ve").u8(1).u32(year).done(); }
inline std::string ets_firm(std::uint32_t year, std::string_view entity) {
  return Builder("ve").u8(2).u32(year).raw(entity).done();
}
inline std::string ets_key(std::uint32_t year, std::string_view meter) {
  return Builder("ve").u8(3).u32(year).raw(meter).done();
}
inline std::string recall(std::uint64_t leaf) { return Builder("vl").u64(leaf).done(); }
inline std::string batch(std::string_view batch) { return Builder("vB").raw(batch).done(); }
inline std::string block(std::uint64_t end) { return Builder("vU").u64(end).done(); }
inline std::string holdings(std::string_view account) { return Builder("vH").name(account).done(); }
inline std::string holding(std::string_view account, std::uint64_t start) {
  return Builder("vH").name(account).u64(start).done();
}
inline std::string bonds(std::string_view bond) { return Builder("vb").name(bond).done(); }
inline std::string bound(std::string_view bond, std::uint64_t start) {
  return Builder("vb").name(bond).u64(start).done();
}
inline std::string bond(std::string_view bond) { return Builder("vh").raw(bond).done(); }
inline std::string retirement_case(std::string_view name) { return Builder("vc").raw(name).done(); }
inline std::string certificate(std::string_view name) { return Builder("vn").raw(name).done(); }
inline std::string loan(std::string_view loan) { return Builder("vo").raw(loan).done(); }
inline std::string trade_day(std::int64_t day) {
  return Builder("vt").i32(static_cast<std::int32_t>(day)).done();
}
inline std::string trade(std::string_view reference) { return Builder("vr").raw(reference).done(); }
inline std::string settlement(std::string_view name) { return Builder("vs").raw(name).done(); }
inline std::string cap_use(std::string_view purpose, std::uint32_t year, std::string_view firm) {
  return Builder("vu").name(purpose).u32(year).raw(firm).done();
}
// Of it, from outside the city; no legal entity holds a zero byte.
inline std::string outside_use(std::string_view purpose, std::uint32_t year,
                               std::string_view firm) {
  return cap_use(purpose, year, std::string(1, '\0').append(firm));
}
inline std::string moves(std::uint64_t batch_start) {
  return Builder("vY").u64(batch_start).done();
}
inline std::string move(std::uint64_t batch_start, std::uint64_t leaf, std::uint64_t start) {
  return Builder("vY").u64(batch_start).u64(leaf).u64(start).done();
}
inline std::string account(std::string_view account) { return Builder("vA").raw(account).done(); }
inline std::string serials_from(std::string_view account) {
  return Builder("vF").raw(account).done();
}
inline std::string personal(std::string_view pseudonym) {
  return Builder("vA").u8(1).raw(pseudonym).done();
}
inline constexpr std::string_view kClaims = "vC";
inline std::string claims_from(std::int32_t day) { return Builder("vC").i32(day).done(); }
inline std::string claims_of(std::int32_t day, std::uint32_t slot) {
  return Builder("vC").i32(day).u32(slot).done();
}
inline std::string claim(std::int32_t day, std::uint32_t slot, std::string_view claim_leaf) {
  return Builder("vC").i32(day).u32(slot).raw(claim_leaf).done();
}
// The parts of a claim's key.
inline std::int32_t claim_day(std::string_view claim) {
  return static_cast<std::int32_t>(crypto::read_u32(claim.substr(2)) ^ 0x80000000u);
}
inline std::uint32_t claim_slot(std::string_view claim) {
  return crypto::read_u32(claim.substr(6));
}
inline std::string_view claim_leaf(std::string_view claim) { return claim.substr(10); }
inline std::string credited_on(std::int32_t day, std::string_view pseudonym,
                               std::string_view scenario) {
  return Builder("vg").i32(day).raw(pseudonym).raw(scenario).done();
}
inline std::string credited_in(std::int32_t year, std::string_view pseudonym,
                               std::string_view scenario) {
  return credited_on(-year, pseudonym, scenario);
}
inline std::string closed_days() { return "vL"; }
inline std::string claim_list(std::int32_t day, std::uint32_t slot) {
  return Builder("vL").i32(day).u32(slot).done();
}
inline std::string behaviour_batch(std::uint64_t leaf) {
  return Builder("vd").u8(1).u64(leaf).done();
}
inline std::string behaviour_batches() { return Builder("vd").u8(1).done(); }
inline std::string scenario_totals(std::string_view scenario) {
  return Builder("vd").u8(2).raw(scenario).done();
}
inline std::string moved(std::string_view name_leaf) { return Builder("vq").raw(name_leaf).done(); }
inline std::string consents(std::string_view pseudonym) {
  return Builder("vp").raw(pseudonym).done();
}
inline std::string consent(std::string_view pseudonym, std::string_view party) {
  return Builder("vp").raw(pseudonym).raw(party).done();
}
inline std::string holder_key(std::string_view pseudonym) {
  return Builder("vw").raw(pseudonym).done();
}
inline std::string pooled(std::int32_t period, std::string_view pseudonym,
                          std::string_view platform) {
  return Builder("vk").i32(period).raw(pseudonym).raw(platform).done();
}
inline std::string opening(std::uint64_t leaf) { return Builder("vz").u64(leaf).done(); }
inline std::string offer(std::string_view offer) { return Builder("vx").raw(offer).done(); }
inline std::string redeemed(std::string_view offer, std::string_view pseudonym) {
  return Builder("vy").name(offer).raw(pseudonym).done();
}
inline std::string debited(std::int32_t day, std::string_view pseudonym) {
  return Builder("vy").name("").i32(day).raw(pseudonym).done();
}
inline std::string offer_settlement(std::string_view name) {
  return Builder("vj").raw(name).done();
}
inline std::string source(std::string_view source) { return Builder("va").raw(source).done(); }
inline std::string factor_line(std::string_view factor) {
  return Builder("vi").name(factor).done();
}
inline std::string factor_from(std::string_view factor, std::int64_t day) {
  return Builder("vi").name(factor).i64(day).done();
}
inline std::string readings(std::string_view source) {
  return Builder("vv").u8(1).name(source).done();
}
inline std::string reading(std::string_view source, std::int32_t day) {
  return Builder("vv").u8(1).name(source).i32(day).done();
}
inline std::int32_t day_of_reading(std::string_view reading) {
  return static_cast<std::int32_t>(crypto::read_u32(reading.substr(reading.size() - 4)) ^
                                   0x80000000u);
}
inline std::string months(std::string_view source) {
  return Builder("vv").u8(2).name(source).done();
}
inline std::string month(std::string_view source, std::uint32_t month) {
  return Builder("vv").u8(2).name(source).u32(month).done();
}
inline std::string footprint(std::string_view footprint) {
  return Builder("vm").raw(footprint).done();
}
inline std::string target(std::string_view party, std::uint32_t year) {
  return Builder("vv").u8(3).name(party).u32(year).done();
}
inline std::string footprints_of(std::string_view party) {
  return Builder("vv").u8(4).name(party).done();
}
inline std::string footprint_of(std::string_view party, std::string_view footprint) {
  return Builder("vv").u8(4).name(party).raw(footprint).done();
}
inline std::string sources_of(std::string_view party) {
  return Builder("vv").u8(5).name(party).done();
}
inline std::string source_of(std::string_view party, std::string_view source) {
  return Builder("vv").u8(5).name(party).raw(source).done();
}
inline std::string factor_table(std::string_view table) {
  return Builder("vv").u8(6).raw(table).done();
}
inline std::string retirement(std::uint64_t leaf) { return Builder("vZ").u64(leaf).done(); }
inline std::string accepted(std::string_view party, std::string_view id) {
  return Builder("vO").name(party).raw(id).done();
}
inline std::string transfers_by_leaf(std::string_view city) {
  return Builder("v4").u8(11).name(city).done();
}
inline std::string transfer_by_leaf(std::string_view city, std::uint32_t epoch, std::uint64_t leaf,
                                    std::string_view id) {
  return Builder("v4").u8(11).name(city).u32(epoch).u64(leaf).raw(id).done();
}
inline std::string city_of_origin(std::string_view origin) {
  return Builder("v4").u8(12).raw(origin).done();
}
inline std::string city_of_lineage(std::string_view lineage) {
  return Builder("v4").u8(16).raw(lineage).done();
}
inline std::string epoch() { return "v6"; }
inline constexpr std::string_view kAgreements = "v1";
inline std::string lineage() { return "v0"; }
inline std::string agreement(std::string_view city) { return Builder("v1").raw(city).done(); }
inline std::string partner(std::string_view city) { return Builder("v2").raw(city).done(); }
inline std::string transfer(std::string_view id) { return Builder("v3").raw(id).done(); }
inline std::string agreement_version(std::string_view city, std::uint32_t version) {
  return Builder("v4").u8(1).name(city).u32(version).done();
}
inline std::string agreement_versions(std::string_view city) {
  return Builder("v4").u8(1).name(city).done();
}
inline std::string partner_checkpoints(std::string_view city, std::uint32_t epoch) {
  return Builder("v4").u8(2).name(city).u32(epoch).done();
}
inline std::string partner_checkpoint(std::string_view city, std::uint32_t epoch,
                                      std::uint64_t size) {
  return Builder("v4").u8(2).name(city).u32(epoch).u64(size).done();
}
inline std::string recognised_in(std::string_view city, std::uint32_t year) {
  return Builder("v4").u8(3).name(city).u32(year).done();
}
inline std::string retired_of(std::string_view city, std::string_view purpose, std::uint32_t year) {
  return Builder("v4").u8(4).name(city).name(purpose).u32(year).done();
}
inline std::string mirrored_of(std::string_view city) {
  return Builder("v4").u8(5).name(city).done();
}
inline std::string recall_noted(std::string_view city, std::uint32_t epoch, std::uint64_t leaf) {
  return Builder("v4").u8(6).name(city).u32(epoch).u64(leaf).done();
}
inline std::string recall_open(std::string_view city, std::uint32_t epoch, std::uint64_t leaf) {
  return Builder("v4").u8(13).name(city).u32(epoch).u64(leaf).done();
}
inline std::string filing_ended(std::string_view city, std::string_view filing) {
  return Builder("v4").u8(14).name(city).raw(filing).done();
}
inline std::string recalls_noted(std::string_view city) {
  return Builder("v4").u8(6).name(city).done();
}
inline std::string recalled_of(std::string_view city) {
  return Builder("v4").u8(7).name(city).done();
}
inline std::string retired_again(std::string_view statement) {
  return Builder("v4").u8(15).raw(statement).done();
}
inline std::string stated(std::string_view city, std::uint64_t retirement) {
  return Builder("v4").u8(8).name(city).u64(retirement).done();
}
inline std::string foreign_project(std::string_view city, std::string_view project) {
  return Builder("v4").u8(9).name(city).raw(project).done();
}
inline std::string foreign_projects(std::string_view city) {
  return Builder("v4").u8(9).name(city).done();
}
inline std::string foreign_periods(std::string_view meter) {
  return Builder("v4").u8(10).name(meter).done();
}
inline std::string foreign_period(std::string_view meter, std::int64_t from, std::string_view city,
                                  std::string_view project) {
  return Builder("v4").u8(10).name(meter).i64(from).name(city).raw(project).done();
}
inline std::string own_tag(std::string_view city, std::string_view tag) {
  return Builder("v5").u8(1).name(city).raw(tag).done();
}
inline std::string own_tags(std::string_view city) { return Builder("v5").u8(2).name(city).done(); }
inline std::string own_tag_at(std::string_view city, std::uint64_t leaf, std::uint32_t record) {
  return Builder("v5").u8(2).name(city).u64(leaf).u32(record).done();
}
inline std::string tags_published(std::string_view city) {
  return Builder("v5").u8(3).name(city).done();
}
inline bool is_tags_published(std::string_view key) { return key.starts_with("v5\3"); }
inline std::string partner_tag(std::string_view city, std::string_view tag) {
  return Builder("v5").u8(4).name(city).raw(tag).done();
}
inline std::string tags_noted(std::string_view city) {
  return Builder("v5").u8(5).name(city).done();
}
inline std::string acts_of_both(std::string_view city) {
  return Builder("v5").u8(6).name(city).done();
}
inline std::string act_of_both(std::string_view city, std::uint64_t leaf, std::uint32_t record) {
  return Builder("v5").u8(6).name(city).u64(leaf).u32(record).done();
}
inline std::string next_serial() { return "vS"; }
inline std::string totals() { return "vT"; }

}  // namespace puhui::ledger::key
