import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { fieldName } from '@/domain/field-name';
import { capitalised } from '@/domain/words';
import { ActionButton, BlockedNote } from '@/ui/ActionButton';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { SlideOver } from '@/ui/SlideOver';
import css from './EditorDrawer.module.css';

interface Removal {
  /** `Delete ops@example.com?` */
  question: string;
  /** What goes with it. */
  children: ReactNode;
  confirm: string;
  /** On the button that asks; `Delete` when left out. */
  label?: string;
  /** Why this one cannot be deleted. */
  blocked?: string | null;
  busy: boolean;
  run: () => void;
}

interface Props {
  title: string;
  onClose: () => void;
  /** Why nothing may be changed: said on top; the fields can be read, not written. */
  blocked: string | null;
  submit: string;
  onSubmit: () => void;
  busy: boolean;
  /** First message by field, of the form's own checks and of the server's. */
  errors: Record<string, string>;
  cancel?: string;
  remove?: Removal;
  /** What stands below the form and is no part of it. */
  after?: ReactNode;
  children: ReactNode;
}

/**
 * Edits one thing beside the list: a form, what was refused right above the buttons, and a question before deleting.
 * A refused field takes the focus, since in a long form on a phone it is out of sight. A click beside it does not
 * close it: what was typed would be gone.
 */
export function EditorDrawer(props: Props) {
  const { blocked, errors, remove } = props;
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  // Counts, so that a second try that is refused for the same reason looks for the field again.
  const [tries, setTries] = useState(0);
  const answered = useRef(0);
  const [asking, question] = useDisclosure(false);
  const refused = Object.entries(errors);

  useEffect(() => {
    if (answered.current === tries || refused.length === 0) return;
    answered.current = tries;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-error] input')?.focus();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked) return;
    setTries(tries + 1);
    props.onSubmit();
  };

  return (
    <SlideOver
      opened
      onClose={props.onClose}
      title={props.title}
      keepOnOutsideClick
      footer={
        <>
          {refused.length > 0 && (
            <div className={css.refused} role="alert">
              Not saved.{' '}
              {refused
                .map(([path, message]) => [capitalised(fieldName(path)), message].filter(Boolean).join(': '))
                .join('; ')}
            </div>
          )}
          <ActionButton form={id} type="submit" size="sm" blocked={blocked} loading={props.busy}>
            {props.submit}
          </ActionButton>
          <Button size="sm" variant="subtle" color="gray" onClick={props.onClose}>
            {props.cancel ?? 'Cancel'}
          </Button>
          {remove && (
            <ActionButton
              size="sm"
              variant="subtle"
              color="red"
              className={css.remove}
              blocked={blocked ?? remove.blocked}
              onClick={question.open}
            >
              {remove.label ?? 'Delete'}
            </ActionButton>
          )}
        </>
      }
    >
      {blocked && <BlockedNote reason={blocked} />}
      <form
        id={id}
        ref={form}
        onSubmit={submit}
        onChange={() => {
          answered.current = tries;
        }}
        noValidate
      >
        <fieldset className={css.fields} disabled={blocked !== null}>
          {props.children}
        </fieldset>
      </form>
      {props.after}
      {remove && (
        <ConfirmDialog
          opened={asking}
          onClose={question.close}
          title={remove.question}
          confirm={remove.confirm}
          onConfirm={remove.run}
          busy={remove.busy}
        >
          {remove.children}
        </ConfirmDialog>
      )}
    </SlideOver>
  );
}
