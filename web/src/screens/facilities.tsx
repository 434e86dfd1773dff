// Choosing a facility: only where there is a choice.
import { useEffect, useState } from 'preact/hooks';

import { get, session } from '../api';
import { language, t, tn } from '../i18n';
import { go, place, setQuery } from '../router';
import type { Facility } from '../types';
import { Crumbs, Empty, Failure, Field, Icon, Loading, Page, useLoad } from '../ui';

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
    const timer = setTimeout(() => setQuery({ q: typed, page: null }), 300);
    return () => clearTimeout(timer);
  }, [typed]);
  const loaded = useLoad(`${q}|${type}|${page}`, (abort) =>
    get<{ facilities: Facility[]; total: number; more: boolean }>('/facilities', { q, type, page: page > 1 ? page : undefined, language: language.value }, abort),
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
            {['SC', 'PHC', 'CHC', 'SDH', 'DH', 'DHQ'].map((code) => (
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
      {loaded.error ? <Failure error={loaded.error} retry={loaded.reload} /> : null}
      {loaded.loading && !data && <Loading />}
      {data && !data.facilities.length && <Empty title={t('facilities.none')} />}
      {data && data.facilities.length > 0 && (
        <ul class="list card">
          {data.facilities.map((f) => (
            <li key={f.code} class="row">
              <a class="big-link" href={`/facility/${encodeURIComponent(f.code)}`}>
                {f.name}
              </a>
              <span class="muted small">
                {f.code} · {t(`type.${f.type}`)}
                {f.block ? ` · ${f.block}` : ''}
                {f.district ? ` · ${f.district}` : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data && <Pager page={page} more={data.more} />}
    </Page>
  );
}

export function Pager({ page, more }: { page: number; more: boolean }) {
  if (page <= 1 && !more) return null;
  return (
    <nav class="pager" aria-label={t('pages')}>
      <button type="button" class="button" disabled={page <= 1} onClick={() => setQuery({ page: page - 1 })}>
        <Icon name="back" /> {t('previous')}
      </button>
      <span>{t('page.of', { page })}</span>
      <button type="button" class="button" disabled={!more} onClick={() => setQuery({ page: page + 1 })}>
        {t('next')} <Icon name="next" />
      </button>
    </nav>
  );
}
