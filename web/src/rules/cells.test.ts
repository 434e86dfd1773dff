import { describe, expect, it } from 'vitest';
import cases from '../../../tests/cases/cells.json';
import { formatCell, parseCell, type CellItem } from './cells';

interface Case {
  item: string;
  text: string;
  cell?: number | null;
  error?: string;
  readings?: string[];
  format?: string;
}
const items = new Map(cases.items.map((item) => [item.name, item as CellItem]));

describe('cells', () => {
  for (const c of cases.cells as Case[]) {
    it(`${c.item}: ${JSON.stringify(c.text)}`, () => {
      const item = items.get(c.item)!;
      const result = parseCell(item, c.text);
      if (c.error !== undefined) {
        expect(result.error).toBe(c.error);
        expect(result.value).toBeUndefined();
        expect('readings' in result ? result.readings?.map((r) => r.text) : undefined).toEqual(c.readings);
        return;
      }
      expect(result).toEqual({ value: c.cell });
      const text = formatCell(item, c.cell!);
      expect(text).toBe(c.format);
      expect(parseCell(item, text)).toEqual({ value: c.cell });
    });
  }
  it('has enough cases', () => expect(cases.cells.length).toBeGreaterThanOrEqual(60));
  it('refuses NUL and lone surrogates', () => {
    for (const text of ['\0', '1\0', '\ud835', '1\udfce']) {
      expect(parseCell(items.get('count')!, text)).toEqual({ error: 'value.not_whole' });
    }
  });
});
