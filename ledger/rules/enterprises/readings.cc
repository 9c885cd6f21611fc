#include "ledger/formula/fraction.h"
#include "ledger/rules/checks.h"
#include "ledger/rules/citizens/credits.h"
#include "ledger/rules/enterprises/actions.h"
#include "ledger/rules/enterprises/enterprises.h"

namespace puhui::ledger {
namespace {

// A reading as stored.
struct Measured {
  std::int64_t value = 0;
  bool jumps = false;

  [[nodiscard]] std::string encode() const {
    std::string bytes;
    crypto::append_u64(bytes, static_cast<std::uint64_t>(value));
    bytes += jumps ? '\1' : '\0';
    return bytes;
  }
  static Measured decode(std::string_view bytes) {
    return {static_cast<std::int64_t>(crypto::read_u64(bytes)), bytes[8] != '\0'};
  }
};

// Of the source's filing, and what jumps are by.
struct Meter {
  const v1::FileSource& source;
  std::uint32_t jump_percent = 0;  // 0 = none

  [[nodiscard]] std::string key_of(std::int64_t day) const {
    return key::reading(source.source(), static_cast<std::int32_t>(day));
  }
  [[nodiscard]] bool is_jump(std::int64_t before, std::int64_t value) const {
    const auto apart = formula::Int128{before > value ? before - value : value - before};
    return jump_percent > 0 && apart * 100 > formula::Int128{before} * jump_percent;
  }
};

Ruling need_day(const Context& context, const v1::FileSource& source, std::int64_t day) {
  const auto today = day_of(context.now);
  const auto there = days_of(source).within({0, today});
  if (day >= there.from && day < there.to) return {};
  return refuse(ErrorCode::READING_DAY, "reading.day", period_text(source.from(), source.to()),
                "today is " + date_text(today), date_text(day));
}

void put_month(Context& context, const v1::MonthOfReadings& month) {
  context.state.put(key::month(month.source(), month.month()), month);
}

// A reading that came before one of a day before it is compared with that.
void compare_next(Context& context, const Meter& meter, const MeterReading& reading) {
  const auto next = context.state.at_or_after(key::readings(meter.source.source()),
                                              meter.key_of(std::int64_t{reading.day} + 1));
  if (!next) return;
  auto measured = Measured::decode(next->value);
  const bool jumps = meter.is_jump(reading.value, measured.value);
  if (jumps == measured.jumps) return;
  measured.jumps = jumps;
  context.state.put(next->key, measured.encode());
  const auto day = key::day_of_reading(next->key);
  auto month = month_of(context.state, meter.source.source(), month_of_day(day));
  month.set_jumps(jumps ? month.jumps() + 1 : month.jumps() - 1);
  put_month(context, month);
}

// Of a day that has a reading: refused, but told of, for somebody or something reads twice.
Refusal note_duplicate(Context& context, const Meter& meter, std::int64_t day) {
  auto month = month_of(context.state, meter.source.source(), month_of_day(day));
  month.set_duplicates(month.duplicates() + 1);
  put_month(context, month);
  return refuse(ErrorCode::READING_DUPLICATE, "reading.new", "1 reading a day", {}, date_text(day))
      .value();
}

Ruling apply_reading(Context& context, const Meter& meter, const MeterReading& reading) {
  if (auto day = need_day(context, meter.source, reading.day); !day) return day;
  const auto stored = meter.key_of(reading.day);
  if (context.state.has(stored))
    return tl::make_unexpected(note_duplicate(context, meter, reading.day));
  auto month = month_of(context.state, meter.source.source(), month_of_day(reading.day));
  std::int64_t sum = 0;
  if (__builtin_add_overflow(month.value(), reading.value, &sum))
    return refuse(ErrorCode::AMOUNT_OVERFLOW, "reading.sum", {}, std::to_string(month.value()),
                  std::to_string(reading.value));
  const auto last = context.state.before(key::readings(meter.source.source()), stored);
  const Measured measured{
      reading.value, last && meter.is_jump(Measured::decode(last->value).value, reading.value)};
  context.state.put(stored, measured.encode());
  month.set_value(sum);
  month.set_days(month.days() + 1);
  if (measured.jumps) month.set_jumps(month.jumps() + 1);
  put_month(context, month);
  compare_next(context, meter, reading);
  return {};
}

}  // namespace

v1::MonthOfReadings month_of(const State& state, const std::string& source, std::int32_t month) {
  const auto number = static_cast<std::uint32_t>(month);
  if (auto stored = state.find<v1::MonthOfReadings>(key::month(source, number)))
    return std::move(*stored);
  v1::MonthOfReadings fresh;
  fresh.set_source(source);
  fresh.set_month(number);
  return fresh;
}

std::int64_t sum_of_days(const State& state, const std::string& source, const Days& days) {
  const auto prefix = key::readings(source);
  const auto end = key::reading(source, static_cast<std::int32_t>(days.to));
  std::int64_t sum = 0;
  for (auto at =
           state.at_or_after(prefix, key::reading(source, static_cast<std::int32_t>(days.from)));
       at && at->key < end; at = state.at_or_after(prefix, at->key + '\0'))
    sum += Measured::decode(at->value).value;  // fits, like that of the month
  return sum;
}

Ruling submit_readings(Context& context, const v1::SubmitReadings& action) {
  if (auto in_force = need_rules(context); !in_force) return in_force;
  const auto source = need_source(context, action.source());
  if (!source) return tl::make_unexpected(source.error());
  const auto& filing = source->filing();
  if (action.device().public_key() != filing.device().public_key())
    return refuse(ErrorCode::DEVICE_SIGNATURE, "source.device",
                  "the device of leaf " + std::to_string(source->device_at()), {}, action.source());
  if (auto met = require_signers(context, "readings.submit", about(filing)); !met) return met;
  if (context.credits_unknown) return {};
  const Meter meter{filing, context.rules.jump_percent()};
  return each_record(context, context.event.records.readings,
                     [&](const MeterReading& reading, const RecordPlace&) {
                       return apply_reading(context, meter, reading);
                     });
}

}  // namespace puhui::ledger
