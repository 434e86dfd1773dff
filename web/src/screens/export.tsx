// Taking figures along: the facility-wise extract. Who also imports has it on that screen, too.
import { t } from '../i18n';
import { duePeriod } from '../newest';
import { place } from '../router';
import { may } from '../state';
import { Crumbs, Page } from '../ui';
import { ExtractCard } from './export/extract';

export default function ExportScreen() {
  const { query } = place.value;
  const from = query.get('from') ?? duePeriod();
  const first = { area: query.get('area') ?? '', form: query.get('form') ?? '', from, to: query.get('to') ?? from };
  return (
    <Page title={t('nav.export')} above={may('import') ? <Crumbs links={[{ to: '/imports', text: t('nav.imports') }, { text: t('nav.export') }]} /> : undefined}>
      <ExtractCard key={query.toString()} first={first} />
    </Page>
  );
}
