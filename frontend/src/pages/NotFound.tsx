import { Compass } from 'lucide-react';
import { Link } from 'react-router';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/states';

export function Component() {
  return (
    <>
      <PageHeader title="Not found" />
      <Empty title="There is no page at this address" icon={<Compass size={26} strokeWidth={1.5} />}>
        <Link to="/">Go to the overview</Link>
      </Empty>
    </>
  );
}
