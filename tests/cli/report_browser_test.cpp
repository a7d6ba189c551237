#include "engine/base/file.h"
#include "tests/cli/sample_report.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace diorama {
namespace {

using testing::HasSubstr;

// What a reader does: sorts by a heading, drags the divider. The driver's verdict stands in the body's attribute.
constexpr const char* kDriver = R"(<script>
window.addEventListener('load', () => {
  const headings = [...document.querySelectorAll('th')];
  const psnr = headings.find(h => h.textContent.includes('PSNR'));
  const values = () => [...document.querySelectorAll('tbody tr')].map(r => r.cells[psnr.cellIndex].textContent);
  const button = psnr.querySelector('button') || psnr;
  button.click();
  const once = values().join();
  button.click();
  const twice = values().join();
  const stage = document.getElementById('stage'), box = stage.getBoundingClientRect();
  const look = () => stage.outerHTML.replace(/data:[^"']*/g, '');
  const before = look();
  const at = share => ({clientX: box.left + share * box.width, clientY: box.top + 5, pointerId: 1, bubbles: true});
  stage.dispatchEvent(new PointerEvent('pointerdown', at(0.5)));
  window.dispatchEvent(new PointerEvent('pointermove', at(0.2)));
  const slid = before !== look();
  window.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
  const charts = [...document.querySelectorAll('#curves svg')];
  const shown = () => charts.filter(chart => chart.getBoundingClientRect().height > 100);
  const overSteps = shown();
  document.querySelector('[data-axis=seconds]').click();
  const overSeconds = shown();
  const told = document.getElementById('curve-point').textContent, chart = overSeconds[0].getBoundingClientRect();
  overSeconds[0].dispatchEvent(new PointerEvent('pointermove',
    {clientX: chart.left + 0.5 * chart.width, clientY: chart.top + 50, bubbles: true}));
  document.body.setAttribute('data-verdict', [
    once.split(',').length > 1, once === twice.split(',').reverse().join(), psnr.getAttribute('aria-sort') !== null,
    slid, overSteps.length === 3, overSeconds.length === 3, overSteps[0] !== overSeconds[0],
    told !== document.getElementById('curve-point').textContent,
    document.documentElement.scrollWidth <= window.innerWidth].join());
});
</script></body>)";

TEST(ReportPage, SortsSlidesAndShowsItsCurvesInABrowserAsNarrowAsAPhone) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs the program chromium";
  const TempDir dir;
  std::string page = page_of(12, "first", sample_curve());
  const size_t end = page.rfind("</body>");
  ASSERT_NE(end, std::string::npos);
  page.replace(end, 7, kDriver);
  // The page's policy allows its own script alone; the driver is the test's.
  const size_t policy = page.find("<meta http-equiv");
  ASSERT_NE(policy, std::string::npos);
  page.erase(policy, page.find('>', policy) + 1 - policy);
  write_file(dir / "page.html", page);
  const std::string command =
      "timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=3000 "
      "--window-size=500,900 "
      "--user-data-dir=" +
      (dir / "profile").string() + " --dump-dom file://" + (dir / "page.html").string() + " >" +
      (dir / "dom").string() + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(read_text_file(dir / "dom"), HasSubstr("data-verdict=\"true,true,true,true,true,true,true,true,true\""));
}

}  // namespace
}  // namespace diorama
