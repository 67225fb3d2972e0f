import type { WallBoard } from '@/api/types';
import { CELL_GAP, cellSize, columnsOf, SHAPE_NAME, serversOf, shapeOf } from '@/domain/wall';
import { usePhone } from '@/ui/usePhone';
import { ShapeIcon } from './Shape';
import { useRoom } from './useRoom';
import css from './Wall.module.css';

/** A cell on a phone, which scrolls. */
const PHONE_CELL = 28;

/** Every server where it stands: by data centre and rack. */
export function Places({ board }: { board: WallBoard }) {
  const [area, room] = useRoom<HTMLDivElement>();
  const phone = usePhone();
  const size = phone ? PHONE_CELL : cellSize(board.places, room);
  return (
    <section className={css.places} aria-label="Servers by place" ref={area}>
      {board.places.map((place) => (
        <section key={place.dc ?? ''} className={css.place}>
          <h2>
            {place.dc ?? (board.places.length > 1 ? 'no data centre' : 'servers')}{' '}
            <span className={css.size}>{serversOf({ places: [place] }).length}</span>
          </h2>
          <div className={css.racks}>
            {place.racks.map((rack) => (
              <div key={rack.rack ?? ''} className={css.rack}>
                {(rack.rack !== null || place.racks.length > 1) && (
                  <h3>
                    {rack.rack ?? 'no rack'} <span className={css.size}>{rack.servers.length}</span>
                  </h3>
                )}
                <ul
                  style={{
                    gap: CELL_GAP,
                    gridTemplateColumns: phone
                      ? `repeat(auto-fill, ${size}px)`
                      : `repeat(${columnsOf(rack.servers.length)}, ${size}px)`,
                  }}
                >
                  {rack.servers.map((server) => {
                    const shape = shapeOf(server);
                    const taken = server.acknowledged && (shape === 'critical' || shape === 'high');
                    const words = `${server.name}: ${SHAPE_NAME[shape]}${taken ? ', somebody is on it' : ''}`;
                    return (
                      <li key={server.name}>
                        <ShapeIcon shape={shape} taken={taken} size={size} label={words} />
                      </li>
                    );
                  })}
                </ul>
              </div>
            ))}
          </div>
        </section>
      ))}
    </section>
  );
}
