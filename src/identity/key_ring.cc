#include "key_ring.h"

#include <algorithm>

namespace muster::identity {

KeyPlan plan_keys(std::vector<KeyTimes> keys, TimePoint now) {
  std::sort(keys.begin(), keys.end(), [](const KeyTimes& a, const KeyTimes& b) { return a.sign_time < b.sign_time; });
  KeyPlan plan;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool last = i + 1 == keys.size();
    const bool gone = !last && keys[i + 1].sign_time + kKeyAfterlife <= now;
    (gone ? plan.retired : plan.accepted).push_back(keys[i].kid);
    if (keys[i].sign_time <= now) plan.signs = keys[i].kid;
  }
  // The first key of all signs at once: nobody has an older one to go on with.
  const TimePoint end = keys.empty() ? now : keys.back().sign_time + kSigningKeyLife;
  plan.needs_new = end - kKeyNotice <= now;
  plan.new_sign_time = plan.signs.empty() ? now : std::max(end, now + kKeyNotice);
  return plan;
}

}  // namespace muster::identity
