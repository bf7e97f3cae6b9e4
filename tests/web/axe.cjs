// The rules that every page is held to: WCAG 2.2 AA and the best practice of axe.
const { expect } = require('@playwright/test');
const { AxeBuilder } = require('@axe-core/playwright');

/** Once nothing fades any more: a colour on its way from light to dark is no colour of the page. */
module.exports.axe = async function axe(page) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`)).toEqual([]);
};
