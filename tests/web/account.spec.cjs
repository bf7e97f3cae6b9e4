// Passkeys with Chromium's virtual authenticator: made on the account's page, shown to sign in and to show who one is.
// Run by crates/web/tests/account_browser.rs on the demonstration, under http://localhost.
const { test, expect } = require('@playwright/test');
const { axe } = require('./axe.cjs');

const OWNER = { email: process.env.HAIRLINE_OWNER_EMAIL, password: process.env.HAIRLINE_OWNER_PASSWORD };

async function signIn(page) {
  await page.goto('/staff/sign-in');
  await page.getByLabel('E-mail').fill(OWNER.email);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in with the password' }).click();
  await expect(page).toHaveURL(/\/staff$/);
}

/** A device that has checked its owner, kept in the browser. */
async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    },
  });
  return { cdp, authenticatorId };
}

test('a passkey is made, lets its owner in, and lets nobody in once it is taken away', async ({ page, context }) => {
  const { cdp, authenticatorId } = await device(page);
  await signIn(page);
  await page.goto('/account');
  await page.getByRole('link', { name: 'Make one' }).click();
  await page.getByLabel('What you call it').fill('Desk computer');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(page.getByRole('status')).toContainText('The passkey is made');
  await expect(page.getByText('Desk computer')).toBeVisible();
  await axe(page);

  // The same device is not taken twice.
  await page.goto('/account/passkeys');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(page.getByRole('alert')).toContainText('has a passkey for your account already');

  await context.clearCookies();
  await page.goto('/staff');
  await expect(page).toHaveURL(/sign-in$/);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page).toHaveURL(/\/staff$/);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();

  // Showing once more who one is.
  await page.goto('/account/prove?then=/account/passkeys');
  await page.getByRole('button', { name: 'Show a passkey' }).click();
  await expect(page).toHaveURL('/account/passkeys'); // Whole: the address before ends alike.

  await page.goto('/account');
  await page.getByRole('button', { name: 'Take the passkey Desk computer away' }).click();
  await expect(page.getByRole('status')).toContainText('lets nobody in any more');
  await context.clearCookies();
  await page.goto('/staff/sign-in');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('alert').first()).toContainText('not one of those known here');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
});

test('a device that has not checked its owner is not enough', async ({ page, context }) => {
  const { cdp, authenticatorId } = await device(page);
  await signIn(page);
  await page.goto('/account/passkeys');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(page.getByRole('status')).toContainText('The passkey is made');
  await context.clearCookies();
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.goto('/staff/sign-in');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await page.goto('/staff');
  await expect(page).toHaveURL(/sign-in$/);
});

test('an answer is good once', async ({ page, context }) => {
  await device(page);
  await signIn(page);
  await page.goto('/account/passkeys');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(page.getByRole('status')).toContainText('The passkey is made');
  await context.clearCookies();
  await page.goto('/staff/sign-in');
  const sent = page.waitForRequest((r) => r.url().endsWith('/staff/sign-in/passkey'));
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  const answer = (await sent).postDataJSON();
  await expect(page).toHaveURL(/\/staff$/);
  await context.clearCookies();
  const again = await page.request.post('/staff/sign-in/passkey', { data: answer });
  expect(again.status()).toBe(409);
  const altered = await page.request.post('/passkey/ask', { data: {} });
  const { ticket } = await altered.json();
  const replay = await page.request.post('/staff/sign-in/passkey', { data: { ...answer, ticket } });
  expect(replay.status()).toBe(401);
});

test('a client makes a passkey and comes in by it, and it opens nothing of the staff', async ({ page, context }) => {
  const { cdp, authenticatorId } = await device(page);
  await page.goto('/me/passkeys');
  await expect(page).toHaveURL(/\/me$/);
  await page.getByLabel('E-mail').fill(process.env.HAIRLINE_CLIENT_EMAIL);
  await page.getByRole('button', { name: 'Send me the link' }).click();
  await page.getByRole('link', { name: 'open your visits' }).click();
  await page.getByRole('button', { name: 'Open my visits' }).click();
  await page.getByRole('link', { name: 'Make one' }).click();
  await expect(page.getByLabel('What you call it')).toBeVisible();
  await axe(page);
  await page.getByLabel('What you call it').fill('My telephone');
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(page.getByRole('status')).toContainText('opens your visits from now on');
  await axe(page);

  await context.clearCookies();
  await page.goto('/staff/sign-in');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('alert').first()).toContainText('not one of those known here');
  await page.goto('/me');
  await page.getByRole('button', { name: 'Open with a passkey' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Hello');

  await page.getByRole('button', { name: 'Take the passkey My telephone away' }).click();
  await expect(page.getByRole('status')).toContainText('opens nothing any more');
  await context.clearCookies();
  await page.goto('/me');
  await page.getByRole('button', { name: 'Open with a passkey' }).click();
  await expect(page.getByRole('alert').first()).toContainText('not one of those known here');
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
});

test('a studio is set up from the printed address', async ({ browser }) => {
  test.setTimeout(240_000);
  const context = await browser.newContext({ timezoneId: 'Europe/Lisbon', locale: 'en-GB' });
  const page = await context.newPage();
  const link = new URL(process.env.HAIRLINE_SET_UP);
  await page.goto(link.origin);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This studio is not set up yet');
  const shots = async (name) => {
    await axe(page);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const [kind, width, height] of [['phone', 390, 844], ['tablet', 820, 1180]]) {
        await page.setViewportSize({ width, height });
        if (process.env.HAIRLINE_SCREENSHOTS) {
          await page.screenshot({ path: `${process.env.HAIRLINE_SCREENSHOTS}/${name}-${kind}-${colorScheme}.png`, fullPage: true });
        }
      }
      await axe(page);
    }
    await page.setViewportSize({ width: 320, height: 256 });
    expect(await page.evaluate(() => document.scrollingElement.scrollWidth), name).toBeLessThanOrEqual(320);
    await page.setViewportSize({ width: 1024, height: 768 });
  };
  await shots('set-up-none');
  await page.getByRole('link', { name: 'To the set-up page' }).click();
  await expect(page.getByLabel('Token')).toBeVisible();
  await shots('set-up-token');
  await page.getByLabel('Token').fill(link.pathname.split('/').pop());
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Lisbon');
  await page.getByLabel('Name clients know you by').fill('Ponto');
  await page.getByLabel('Name of this studio').fill('Baixa');
  await page.getByLabel('Street and number').fill('Rua das Flores 1');
  await page.getByLabel('Town', { exact: true }).pressSequentially('Springfield');
  await expect(page.getByRole('radio')).toHaveCount(6);
  await shots('set-up');
  await page.getByLabel('Town', { exact: true }).fill('Porto');
  await page.getByRole('radio', { name: /Porto, .*Portugal/ }).first().check();
  await page.getByLabel('Price of one session').fill('600');
  await page.getByLabel('Your name').fill('Ines Duarte');
  await page.getByLabel('E-mail').fill('ines@dot.example');
  await page.getByLabel('Password').fill('Password2026!');
  await page.getByRole('button', { name: 'Open the studio' }).click();
  await expect(page.getByRole('alert')).toContainText('Some fields need another look');
  await shots('set-up-faults');
  await page.getByLabel('Password').fill('quiet river lantern');
  await page.getByRole('button', { name: 'Open the studio' }).click();
  await expect(page.getByRole('status')).toContainText('The studio is set up');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Codes of an app');
  await shots('first-app');
  await page.goto(`${link.origin}/studios/baixa`);
  await expect(page.getByRole('main')).toContainText('Ines Duarte');
  await context.close();
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test('every page of the account, the staff and the client breaks no rule, also magnified', async ({ page }) => {
      test.setTimeout(240_000);
      const look = async (path, name) => {
        await page.setViewportSize({ width: 1024, height: 768 });
        if (path) await page.goto(path);
        await axe(page);
        for (const [kind, width, height] of [['phone', 390, 844], ['tablet', 820, 1180]]) {
          await page.setViewportSize({ width, height });
          if (process.env.HAIRLINE_SCREENSHOTS) {
            await page.screenshot({ path: `${process.env.HAIRLINE_SCREENSHOTS}/${name}-${kind}-${colorScheme}.png`, fullPage: true });
          }
        }
        await page.setViewportSize({ width: 320, height: 256 });
        expect(await page.evaluate(() => document.scrollingElement.scrollWidth), name).toBeLessThanOrEqual(320);
      };
      await look('/staff/sign-in', 'sign-in');
      await look('/me', 'me-ask');
      await page.setViewportSize({ width: 1024, height: 768 });
      await page.getByLabel('E-mail').fill(process.env.HAIRLINE_CLIENT_EMAIL);
      await page.getByRole('button', { name: 'Send me the link' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Look into your mail');
      await look('', 'me-sent');
      await page.getByRole('link', { name: 'open your visits' }).click();
      await expect(page.getByRole('button', { name: 'Open my visits' })).toBeVisible();
      await look('', 'me-enter');
      await page.getByRole('button', { name: 'Open my visits' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Hello');
      await look('', 'me');
      await page.setViewportSize({ width: 1024, height: 768 });
      await signIn(page);
      for (const [path, name] of [
        ['/account', 'account'], ['/account/password', 'password'], ['/account/prove', 'prove'],
        ['/account/passkeys', 'passkey'], ['/staff/people', 'people'], ['/staff/people/invite', 'invite'],
        ['/staff/clients', 'clients'], ['/staff/webhooks', 'webhooks'], ['/staff/setup/rules/all', 'rules'], ['/account/app', 'app'],
      ]) await look(path, name);
      const begin = page.getByRole('button', { name: 'Show the picture for the app' });
      // The second time the picture is there at once.
      if (await begin.count()) await begin.click();
      await expect(page.getByLabel('Six digits')).toBeVisible();
      await look('', 'app-picture');
    });
  });
}
