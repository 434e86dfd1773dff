// A walk in a real browser against the real server: two tabs of one person, another person elsewhere,
// the network failing, late, losing answers; tabs closed and opened, the form left and come back to, the
// language changed. A model that knows only what people did says what the server may hold in the end.
import type { BrowserContext, Page, Route } from './base';
import { cell, expect, openConflicts, ownFacility, signIn, test } from './help';

/** Each is one thing that somebody does. */
const STEPS = Number(process.env.HMIS_STEPS ?? 300);
const KEYS = ['1.1', '1.1.1', '1.2.1'];
type Value = number | null;

function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Another person with a session of her own, who saves over the API. */
class Doctor {
  constructor(private readonly page: Page, private readonly path: string) {}
  read(): Promise<{ version: number; items: Record<string, number>; remarks: { items?: Record<string, string> } }> {
    return this.page.evaluate(async (path) => (await fetch(path)).json(), this.path);
  }
  async save(key: string, value: Value): Promise<boolean> {
    return this.page.evaluate(
      async ([path, item, figure]) => {
        const { csrf_token: token, account_id: id } = await (await fetch('/api/v1/session')).json();
        const { version } = await (await fetch(path as string)).json();
        const answer = await fetch(`${path}/draft`, {
          method: 'PATCH',
          headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token, 'HMIS-Person': String(id) },
          body: JSON.stringify({ version, items: { [item as string]: figure } }),
        });
        return answer.ok;
      },
      [this.path, key, value] as const,
    );
  }
}

class Walk {
  tabs: Page[] = [];
  weather = 'fine';
  steps = 0;
  trace: string[] = [];
  may = new Map<string, Set<Value>>(KEYS.map((key) => [key, new Set<Value>([null])]));

  constructor(readonly context: BrowserContext, readonly doctor: Doctor, readonly form: string, readonly random: () => number) {}

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  /** What becomes of a save on its way. */
  async through(route: Route): Promise<void> {
    const { weather } = this;
    if (weather === 'down') return route.abort();
    if (weather === 'late') await new Promise((resolve) => setTimeout(resolve, 900));
    if (weather !== 'answer lost') return route.continue().catch(() => undefined);
    await route.fetch().catch(() => undefined);
    return route.abort().catch(() => undefined);
  }
  async open(page?: Page): Promise<void> {
    const tab = page ?? (await this.context.newPage());
    await tab.route('**/draft', (route) => this.through(route));
    await tab.goto(this.form);
    await expect(cell(tab, '1.1')).toBeVisible();
    this.tabs.push(tab);
  }

  /** A question stands before the cells: it is answered first. Another tab may answer it meanwhile. */
  async answer(tab: Page): Promise<void> {
    const asked = tab.locator('dialog[open] li');
    for (let tries = 0; tries < 20; tries++) {
      await openConflicts(tab);
      if (!(await asked.count())) return;
      const said = await asked.first().innerText({ timeout: 1000 }).catch(() => '');
      const key = KEYS.find((one) => said.startsWith(`${one} `));
      if (!key) continue;
      const buttons = asked.first().locator('button');
      const texts = (await buttons.allInnerTexts()).map((one) => one.replace(/^[^:]*:\s*/, '').replace(/,/g, ''));
      const chosen = this.random() < 0.5 ? 0 : 1;
      const clicked = await buttons.nth(chosen).click({ timeout: 10_000 }).then(() => true, () => false);
      if (!clicked) {
        // Another tab has answered, or the click went in late: whichever was chosen may stand.
        for (const one of texts) this.may.get(key)!.add(/^\d+$/.test(one) ? Number(one) : null);
        continue;
      }
      const text = texts[chosen] ?? '';
      this.trace.push(`choose ${key} ${text}`);
      this.may.set(key, new Set([/^\d+$/.test(text) ? Number(text) : null]));
      await tab.waitForTimeout(100);
    }
  }
  async type(tab: Page): Promise<void> {
    const key = this.pick(KEYS);
    const value = Math.floor(this.random() * 60) + 1;
    const before = await cell(tab, key).inputValue();
    if (before === String(value)) return;
    this.trace.push(`type ${key} ${value}`);
    await cell(tab, key).fill(String(value));
    const may = this.may.get(key)!;
    this.may.set(key, may.has(value) ? new Set([...may, value]) : new Set([value]));
  }
  async elsewhere(): Promise<void> {
    const key = this.pick(KEYS);
    const value = 1000 + this.steps;
    if (!(await this.doctor.save(key, value))) return;
    this.trace.push(`doctor ${key} ${value}`);
    this.may.get(key)!.add(value);
  }
  /** A question may come between: then it is answered, and tried again. */
  private async click(tab: Page, selector: string): Promise<void> {
    await expect(async () => {
      await this.answer(tab);
      await tab.locator(selector).locator('visible=true').first().click({ timeout: 5000 });
    }).toPass({ timeout: 60_000 });
  }
  async leave(tab: Page): Promise<void> {
    this.trace.push('leave and come back');
    await this.click(tab, '.form-actions a');
    await expect(tab.locator('.form-table')).toHaveCount(0);
    await tab.goBack();
    await expect(cell(tab, '1.1')).toBeVisible();
  }
  async language(tab: Page): Promise<void> {
    this.trace.push('language');
    await this.click(tab, 'button[aria-pressed=false][lang]');
    await expect(cell(tab, '1.1')).toBeVisible();
  }
  async close(tab: Page): Promise<void> {
    this.trace.push('close');
    this.tabs = this.tabs.filter((one) => one !== tab);
    await tab.close();
  }

  async step(): Promise<void> {
    this.steps++;
    if (this.tabs.length < 2 && this.random() < 0.7) return this.open();
    const tab = this.pick(this.tabs);
    if (!tab) return this.open();
    await tab.bringToFront(); // nobody types into a tab that is behind another
    await this.answer(tab);
    const roll = this.random();
    if (roll < 0.5) await this.type(tab);
    else if (roll < 0.65) await this.elsewhere();
    else if (roll < 0.8) this.trace.push((this.weather = this.pick(['fine', 'fine', 'down', 'late', 'answer lost'])));
    else if (roll < 0.86 && this.weather !== 'down') await this.leave(tab);
    else if (roll < 0.9) await this.close(tab);
    else await tab.waitForTimeout(1200);
    await tab.waitForTimeout(tab.isClosed() ? 0 : 60).catch(() => undefined);
  }

  /** The weather clears; every question is answered; all is saved. */
  async calm(): Promise<void> {
    this.weather = 'fine';
    if (!this.tabs.length) await this.open();
    await expect(async () => {
      for (const tab of this.tabs) {
        await tab.bringToFront();
        await this.answer(tab);
        await tab.evaluate(() => dispatchEvent(new Event('focus')));
        expect(await tab.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('hmis.kept')))).toEqual([]);
      }
    }).toPass({ timeout: 120_000, intervals: [400] });
  }
}

test('a walk of tabs, people and weather', async ({ person, month, watched, browserName }) => {
  watched.allowed = [/^409 PATCH /, /ERR_FAILED|NetworkError|Load failed|NS_ERROR/];
  test.setTimeout((STEPS * 4 + 300) * 1000);
  const seed = Number(process.env.HMIS_SEED ?? Math.floor(Date.now() / 1000) % 100_000);
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const other = await person();
  await signIn(other, 'doctor', '/account');
  const path = `${facility}/PHC/${month(6)}`;
  const walk = new Walk(page.context(), new Doctor(other, `/api/v1/reports/${path}`), `/report/${path}`, dice(seed));
  for (const key of KEYS) await walk.doctor.save(key, null);
  await walk.open(page);
  while (walk.steps < STEPS) await walk.step();
  await walk.calm();
  const { items } = await walk.doctor.read();
  const told = `${browserName} seed ${seed}, ${walk.steps} steps: ${walk.trace.join('; ')}`;
  for (const key of KEYS) expect([...walk.may.get(key)!], `${key} is ${items[key]}. ${told}`).toContain(items[key] ?? null);
  for (const tab of walk.tabs)
    for (const key of KEYS) {
      if ((await cell(tab, key).inputValue()) !== String(items[key] ?? '')) await tab.reload();
      await expect(cell(tab, key), told).toHaveValue(String(items[key] ?? ''));
    }
});
