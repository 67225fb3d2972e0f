import { Checkbox, Select, Switch, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import type { AlertsForm } from '@/domain/my-alerts';
import { SEVERITIES } from '@/domain/severity';
import { capitalised } from '@/domain/words';
import { zoneChoices } from '@/domain/zone-time';
import { Panel } from '@/ui/Panel';
import css from './MyAlerts.module.css';

interface Props {
  form: AlertsForm;
  errors: Record<string, string>;
  change: (part: Partial<AlertsForm>) => void;
}

/** Which severities. */
export function SeverityPart({ form, change }: Props) {
  const has = (severity: (typeof SEVERITIES)[number]) => form.severities.includes(severity);
  return (
    <Panel title="What" aside="of rules that go to lists of channels">
      <div className={css.severities}>
        {SEVERITIES.map((severity) => (
          <Checkbox
            key={severity}
            label={capitalised(severity)}
            checked={has(severity)}
            onChange={(e) => {
              const { checked } = e.currentTarget;
              const severities = SEVERITIES.filter((one) => (one === severity ? checked : has(one)));
              change({ severities });
            }}
          />
        ))}
      </div>
    </Panel>
  );
}

/** When not, and by which clock: the zone is that of the digest as well. */
export function QuietPart({ form, errors, change }: Props) {
  const { quiet } = form;
  const set = (part: Partial<AlertsForm['quiet']>) => change({ quiet: { ...quiet, ...part } });
  const zones = useMemo(() => zoneChoices(quiet.timezone), [quiet.timezone]);
  return (
    <Panel title="Quiet hours" aside="nobody on call has any">
      <div className={css.form}>
        <Switch
          label="Leave me alone for some hours every day"
          checked={quiet.on}
          onChange={(e) => set({ on: e.currentTarget.checked })}
        />
        <div className={css.times}>
          <TextInput
            type="time"
            label="From"
            required={quiet.on}
            disabled={!quiet.on}
            value={quiet.start}
            error={errors['quiet_hours.start'] ?? (same(quiet) ? 'is the same as the end' : undefined)}
            onChange={(e) => set({ start: e.currentTarget.value.slice(0, 5) })}
          />
          <TextInput
            type="time"
            label="Until"
            required={quiet.on}
            disabled={!quiet.on}
            value={quiet.end}
            error={errors['quiet_hours.end']}
            onChange={(e) => set({ end: e.currentTarget.value.slice(0, 5) })}
          />
          <Select
            label="By the clocks of"
            searchable
            allowDeselect={false}
            data={zones}
            value={quiet.timezone}
            error={errors['quiet_hours.timezone']}
            onChange={(zone) => set({ timezone: zone ?? quiet.timezone })}
          />
        </div>
        <Checkbox
          label="Hold back what is critical, too"
          description="Without this, critical always comes at once."
          disabled={!quiet.on}
          checked={quiet.block_critical}
          onChange={(e) => set({ block_critical: e.currentTarget.checked })}
        />
      </div>
    </Panel>
  );
}

const same = ({ on, start, end }: AlertsForm['quiet']) => on && start === end;

/** Once a day instead. */
export function DigestPart({ form, errors, change }: Props) {
  const { digest } = form;
  const set = (part: Partial<AlertsForm['digest']>) => change({ digest: { ...digest, ...part } });
  return (
    <Panel title="Daily digest" aside="by e-mail">
      <div className={css.form}>
        <Switch
          label="One e-mail a day instead of one for each event"
          description="Also with what was over before it paged, and what is too mild to page anybody. Critical still comes at once."
          checked={digest.enabled}
          error={errors['digest.enabled']}
          onChange={(e) => set({ enabled: e.currentTarget.checked })}
        />
        <TextInput
          type="time"
          label="At"
          description={`By the clocks of ${form.quiet.timezone}`}
          style={{ maxWidth: 260 }}
          required={digest.enabled}
          disabled={!digest.enabled}
          value={digest.at}
          error={errors['digest.at']}
          onChange={(e) => set({ at: e.currentTarget.value.slice(0, 5) })}
        />
      </div>
    </Panel>
  );
}
