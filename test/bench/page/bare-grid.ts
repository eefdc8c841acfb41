/**
 * The grid that ours is held against: absolutely positioned cells in as many row elements as fit, used again as they scroll by, with
 * texts made from the row's number. It has no selection, no arrival of rows, no types, no accessible names: the least that scrolls.
 */
export interface BareGridOptions {
  readonly rows: number;
  readonly rowPx: number;
  /** Left edge and width of each column that is drawn. */
  readonly columns: readonly { readonly left: number; readonly width: number }[];
  readonly width: number;
  readonly height: number;
}

/** Runs in the page; refers to nothing outside of itself. */
export function buildBareGrid({ rows, rowPx, columns, width, height }: BareGridOptions): void {
  const scroller = document.createElement('div');
  scroller.id = 'bare';
  scroller.style.cssText = `position:relative;overflow:auto;width:${width}px;height:${height}px;font:12px monospace`;
  const space = document.createElement('div');
  space.style.cssText = `position:relative;height:${rows * rowPx}px`;
  scroller.append(space);
  document.body.replaceChildren(scroller);
  const count = Math.ceil(height / rowPx) + 1;
  const slots = Array.from({ length: count }, () => {
    const row = document.createElement('div');
    row.style.cssText = `position:absolute;left:0;top:0;height:${rowPx}px`;
    const cells = columns.map(({ left, width: cellWidth }) => {
      const cell = document.createElement('div');
      cell.style.cssText = `position:absolute;left:${left}px;width:${cellWidth}px;height:${rowPx}px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis`;
      row.append(cell);
      return cell;
    });
    space.append(row);
    return { row, cells, index: -1 };
  });
  const draw = (): void => {
    const first = Math.floor(scroller.scrollTop / rowPx);
    for (let index = first; index < first + count; index++) {
      const slot = slots[index % count];
      if (slot === undefined || slot.index === index) continue;
      slot.index = index;
      slot.row.style.transform = `translateY(${index * rowPx}px)`;
      for (const [i, cell] of slot.cells.entries()) cell.textContent = `row ${index}, value ${(index * 31 + i * 7) % 9973}`;
    }
  };
  scroller.addEventListener('scroll', draw, { passive: true });
  draw();
}
