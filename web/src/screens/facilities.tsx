// Choosing a facility: only where there is a choice.
import { useEffect, useState } from 'preact/hooks';

import { get, session } from '../api';
import { language, t, tn } from '../i18n';
import { Await, FORMS, Pager } from '../parts';
import { go, place, setQuery } from '../router';
import type { Facility } from '../types';
import { Crumbs, Empty, Field, Page, useLoad } from '../ui';

interface FacilityList {
  facilities: Facility[];
  total: number;
  more: boolean;
}

function Found({ found, page }: { found: FacilityList; page: number }) {
  if (!found.facilities.length) return <Empty title={t('facilities.none')} />;
  return (
    <>
      <ul class="list card">
        {found.facilities.map((f) => (
          <li key={f.code} class="row">
            <a class="big-link" href={`/facility/${encodeURIComponent(f.code)}`}>
              {f.name}
            </a>
            <span class="muted small">
              {[f.code, t(`type.${f.type}`), f.block, f.district].filter(Boolean).join(' · ')}
              {f.status === 'closed' && <> · {t('facility.status.closed')}</>}
            </span>
          </li>
        ))}
      </ul>
      <Pager page={page} more={found.more} />
    </>
  );
}

export default function FacilitiesScreen() {
  const query = place.value.query;
  const q = query.get('q') ?? '';
  const type = query.get('type') ?? '';
  const page = Number(query.get('page') ?? 1);
  const [typed, setTyped] = useState(q);
  const own = session.value!.facilities;
  useEffect(() => {
    if (own.length === 1) go(`/facility/${encodeURIComponent(own[0]!.code)}`, true);
  }, []);
  useEffect(() => {
    if (typed === q) return undefined;
    const timer = setTimeout(() => setQuery({ q: typed, page: null }, true), 300);
    return () => clearTimeout(timer);
  }, [typed]);
  const loaded = useLoad(`${q}|${type}|${page}|${language.value}`, (abort) =>
    get<FacilityList>('/facilities', { q, type, page: page > 1 ? page : undefined, language: language.value }, abort),
  );
  const data = loaded.data;
  return (
    <Page title={t('facilities.title')} above={<Crumbs links={[{ to: '/', text: t('nav.home') }, { text: t('facilities.title') }]} />}>
      <div class="filters card" role="search">
        <Field id="q" label={t('facilities.search')}>
          <input id="q" type="search" value={typed} autocomplete="off" onInput={(event) => setTyped(event.currentTarget.value)} />
        </Field>
        <Field id="type" label={t('facilities.type')}>
          <select id="type" value={type} onChange={(event) => setQuery({ type: event.currentTarget.value, page: null })}>
            <option value="">{t('all')}</option>
            {FORMS.map((code) => (
              <option key={code} value={code}>
                {t(`type.${code}`)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <p role="status" class="muted">
        {data && tn('facilities.found', data.total)}
      </p>
      <Await of={loaded}>{(found) => <Found found={found} page={page} />}</Await>
    </Page>
  );
}
