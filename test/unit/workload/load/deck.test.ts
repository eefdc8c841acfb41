import assert from 'node:assert/strict';
import { Deck, type Card, type DeckPlan } from '../../../../src/workload/load/deck.ts';

const plan: DeckPlan = { weights: [3, 1, 2], arms: 1, order: 'listed', seed: 11 };

function draw(changes: Partial<DeckPlan>, count: number, client = 0): Card[] {
  const deck = new Deck({ ...plan, ...changes }, 'measuring', client);
  return Array.from({ length: count }, () => deck.draw());
}

const statements = (cards: readonly Card[]): number[] => cards.map(({ q }) => q);

describe('passes over statements', () => {
  it('a listed pass runs the statements in the order of the plan, each as often as it weighs', () => {
    assert.deepEqual(statements(draw({}, 12)), [0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 2]);
  });

  it('a shuffled pass has exactly the weights too, in another order each pass and client', () => {
    const cards = statements(draw({ order: 'shuffled' }, 600));
    const orders = new Set<string>();
    for (let pass = 0; pass < 100; pass++) {
      const one = cards.slice(pass * 6, pass * 6 + 6);
      assert.deepEqual(
        one.toSorted((a, b) => a - b),
        [0, 0, 0, 1, 2, 2],
      );
      orders.add(one.join(''));
    }
    // 6! / (3! 1! 2!) = 60 orders there are.
    assert.ok(orders.size > 35, `${orders.size} of 60 orders`);
    assert.notDeepEqual(statements(draw({ order: 'shuffled' }, 60, 1)), cards.slice(0, 60));
  });

  it('the same seed shuffles alike', () => {
    assert.deepEqual(draw({ order: 'shuffled' }, 60), draw({ order: 'shuffled' }, 60));
    assert.notDeepEqual(draw({ order: 'shuffled' }, 60), draw({ order: 'shuffled', seed: 12 }, 60));
  });

  for (const order of ['listed', 'shuffled'] as const) {
    it(`A and B see the same statements side by side, and each goes first equally often (${order})`, () => {
      const cards = draw({ arms: 2, order, weights: [1, 1, 1, 1, 1] }, 2 * 5 * 20);
      const first = Array.from({ length: 5 }, () => [0, 0]);
      for (let i = 0; i < cards.length; i += 2) {
        const [one, two] = [cards[i], cards[i + 1]];
        assert.equal(one?.q, two?.q);
        assert.equal((one?.arm ?? 0) + (two?.arm ?? 0), 1);
        const counts = first[one?.q ?? 0] ?? [];
        counts[one?.arm ?? 0] = (counts[one?.arm ?? 0] ?? 0) + 1;
      }
      assert.deepEqual(
        first,
        Array.from({ length: 5 }, () => [10, 10]),
      );
    });
  }

  it('in a listed pass the sides alternate as ABBA', () => {
    assert.deepEqual(
      draw({ arms: 2, weights: [1, 1] }, 8).map(({ arm }) => 'AB'[arm]),
      ['A', 'B', 'B', 'A', 'B', 'A', 'A', 'B'],
    );
  });

  it('a pass of two arms is twice as long', () => {
    assert.equal(Deck.size({ weights: [3, 1, 2], arms: 2 }), 12);
  });
});
