#include "measures.h"

namespace muster::node {
namespace {

void add(std::atomic<std::uint64_t>& count, std::uint64_t more) {
  if (more != 0) count.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace

void Measures::published(const std::vector<dispatch::Event>& events) {
  NodeMetrics::Offers seen;
  for (const auto& event : events) {
    if (std::holds_alternative<dispatch::OfferMade>(event.body)) {
      ++seen.made;
    } else if (std::holds_alternative<dispatch::OfferAccepted>(event.body)) {
      ++seen.accepted;
    } else if (const auto* ended = std::get_if<dispatch::OfferEnded>(&event.body)) {
      if (ended->state == dispatch::OfferState::kDeclined) ++seen.declined;
      if (ended->state == dispatch::OfferState::kTimedOut) ++seen.missed;
    }
  }
  add(offers_made_, seen.made);
  add(offers_accepted_, seen.accepted);
  add(offers_declined_, seen.declined);
  add(offers_missed_, seen.missed);
}

void Measures::read(NodeMetrics& out) const {
  const auto told = [this](Delivery delivery) { return commands_[static_cast<std::size_t>(delivery)].load(); };
  out.commands = {told(Delivery::kAnswered), told(Delivery::kBusy), told(Delivery::kNotServing),
                  told(Delivery::kUnknown)};
  out.commit_seconds = commit_seconds_.read();
  out.commit_events = commit_events_.read();
  out.offers = {offers_made_, offers_accepted_, offers_declined_, offers_missed_};
}

}  // namespace muster::node
