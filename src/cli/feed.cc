#include "feed.h"

#include <algorithm>

#include "i18n.h"

namespace muster::cli {
namespace {

int scrolled(int first, Key key, int lines, int page) {
  if (key == kKeyUp) --first;
  if (key == kKeyDown) ++first;
  if (key == kKeyPageUp) first -= page;
  if (key == kKeyPageDown) first += page;
  return std::clamp(first, 0, std::max(0, lines - page));
}

}  // namespace

void show_live(const std::string& server, const std::function<std::pair<std::vector<Line>, bool>()>& look) {
  const Interrupt interrupt;
  Screen screen;
  int first = 0;
  while (!interrupt.requested()) {
    const auto [lines, connected] = look();
    const Line state = connected ? Line{tr("q quit  ↑↓ PgUp PgDn scroll"), Style::kFaint}
                                 : Line{say("Connection to {0} lost, trying again…", server), Style::kAlert};
    screen.draw(lines, first, {state});
    const Key key = screen.read_key(std::chrono::milliseconds{200}).value_or(0);
    if (key == 'q') break;
    first = scrolled(first, key, static_cast<int>(lines.size()), screen.height() - 1);
  }
}

}  // namespace muster::cli
