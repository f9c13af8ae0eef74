#include "screen.h"

#include <signal.h>

#include <algorithm>

#include "error.h"
#include "i18n.h"
#include "text.h"

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <curses.h>

namespace muster::cli {
namespace {

constexpr short kAlertPair = 1;
constexpr short kTitlePair = 2;

volatile sig_atomic_t interrupted = 0;

void note_interrupt(int) { interrupted = 1; }

attr_t attributes(Style style) {
  switch (style) {
    case Style::kTitle:
      return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kTitlePair));
    case Style::kFaint:
      return A_DIM;
    case Style::kAlert:
      return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kAlertPair));
    case Style::kSelected:
      return A_REVERSE;
    case Style::kPlain:
      break;
  }
  return A_NORMAL;
}

void draw_line(int row, int columns, const Line& line) {
  attrset(static_cast<int>(attributes(line.style)));
  // The whole width, so that a selected line is a bar.
  mvaddstr(row, 0, fit(line.text, columns).c_str());
  attrset(A_NORMAL);
}

std::optional<Key> special_key(wint_t code) {
  switch (code) {
    case KEY_UP:
      return kKeyUp;
    case KEY_DOWN:
      return kKeyDown;
    case KEY_PPAGE:
      return kKeyPageUp;
    case KEY_NPAGE:
      return kKeyPageDown;
    case KEY_ENTER:
      return kKeyEnter;
    case KEY_BACKSPACE:
      return kKeyBackspace;
    default:
      return std::nullopt;
  }
}

Key character_key(wint_t code) {
  if (code == '\n' || code == '\r') return kKeyEnter;
  if (code == 27) return kKeyEscape;
  if (code == 127 || code == 8) return kKeyBackspace;
  return static_cast<Key>(code);
}

}  // namespace

Screen::Screen() {
  if (newterm(nullptr, stdout, stdin) == nullptr) {
    throw UsageError(tr("this terminal cannot show a live screen (is TERM set?)"));
  }
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(50);
  curs_set(0);
  if (has_colors()) {
    start_color();
    use_default_colors();
    init_pair(kAlertPair, COLOR_YELLOW, -1);
    init_pair(kTitlePair, COLOR_CYAN, -1);
  }
}

Screen::~Screen() { endwin(); }

int Screen::width() const { return getmaxx(stdscr); }

int Screen::height() const { return getmaxy(stdscr); }

void Screen::draw(const std::vector<Line>& body, int first, const std::vector<Line>& footer) {
  const int foot = std::min(static_cast<int>(footer.size()), height());
  const int room = height() - foot;
  erase();
  for (int row = 0; row < room && first + row < static_cast<int>(body.size()); ++row) {
    draw_line(row, width(), body[static_cast<std::size_t>(first + row)]);
  }
  for (int row = 0; row < foot; ++row) draw_line(room + row, width(), footer[static_cast<std::size_t>(row)]);
  refresh();
}

std::optional<Key> Screen::read_key(Duration wait) {
  timeout(static_cast<int>(wait / std::chrono::milliseconds{1}));
  wint_t code = 0;
  switch (get_wch(&code)) {
    case OK:
      return character_key(code);
    case KEY_CODE_YES:
      return special_key(code);
    default:
      return std::nullopt;
  }
}

Interrupt::Interrupt() {
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

Interrupt::~Interrupt() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
}

bool Interrupt::requested() const { return interrupted != 0; }

}  // namespace muster::cli
