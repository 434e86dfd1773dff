import { describe, expect, it } from 'vitest';

import css from './style.css?raw';

const tokens = Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((found) => [found[1]!, found[2]!]));

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(tokens[a]!), luminance(tokens[b]!)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

// WCAG 2.2: 4.5 for text, 3 for what must be seen to use a control.
const text: Array<[string, string]> = [
  ['ink', 'page'], ['ink', 'surface'], ['ink', 'shade'], ['ink', 'primary-soft'], ['ink', 'warn-soft'], ['ink', 'bad-soft'], ['ink', 'ok-soft'],
  ['muted', 'page'], ['muted', 'surface'], ['muted', 'shade'], ['muted', 'primary-soft'],
  ['primary', 'surface'], ['primary', 'page'], ['primary', 'shade'], ['primary', 'primary-soft'],
  ['primary-dark', 'page'], ['on-primary', 'primary'], ['on-primary', 'primary-dark'],
  ['ok', 'surface'], ['ok', 'ok-soft'], ['ok', 'primary-soft'], ['warn', 'surface'], ['warn', 'warn-soft'], ['warn', 'primary-soft'],
  ['bad', 'surface'], ['bad', 'bad-soft'], ['bad', 'primary-soft'], ['wait', 'surface'], ['wait', 'primary-soft'],
];
const parts: Array<[string, string]> = [
  ['line-strong', 'surface'], ['line-strong', 'shade'], ['focus', 'surface'], ['focus', 'page'], ['focus', 'primary-soft'], ['primary', 'surface'],
];

describe('colours', () => {
  it.each(text)('%s on %s can be read', (a, b) => {
    expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(parts)('%s on %s can be seen', (a, b) => {
    expect(contrast(a, b)).toBeGreaterThanOrEqual(3);
  });
});

describe('the style sheet', () => {
  it('uses logical properties: a right-to-left language needs nothing', () => {
    const physical = css.match(/\b(margin|padding|border)-(left|right|top|bottom)\b|\btext-align:\s*(left|right)\b|[;{]\s*(left|right|top|bottom):/g);
    expect(physical).toBeNull();
  });
  it('has no upper case: Indic scripts have none', () => {
    expect(css).not.toMatch(/text-transform|letter-spacing/);
  });
});
