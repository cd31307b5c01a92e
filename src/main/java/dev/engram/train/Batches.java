package dev.engram.train;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Which examples each micro-batch holds: a function of its number alone, so that a resumed run needs no stored place in the data.
 * Every epoch is a permutation of its own, drawn from the seed; epochs follow each other without a gap.
 */
public final class Batches {
    private final List<List<Example>> rows;
    private final Order order;
    private final int pad;
    private final boolean packed;
    private final int dropped;

    private Batches(List<List<Example>> rows, Order order, int pad, boolean packed, int dropped) {
        this.rows = rows;
        this.order = order;
        this.pad = pad;
        this.packed = packed;
        this.dropped = dropped;
    }

    /**
     * One example a row.
     *
     * @param size rows of a micro-batch
     * @param maxTokens longer examples are left out; see {@link #dropped}
     * @param pad id that fills short rows; it is never learned and never seen
     */
    public static Batches padded(List<Example> examples, int size, int maxTokens, int pad, long seed) {
        List<Example> fit = fit(examples, maxTokens);
        return new Batches(
                fit.stream().map(List::of).toList(),
                new Order(fit.size(), size, seed),
                pad,
                false,
                examples.size() - fit.size());
    }

    /**
     * Several examples a row, up to {@code maxTokens}, each in the first row with room for it (first-fit decreasing). They do not see
     * each other. Which ones share a row stays the same in all epochs, which makes no difference for the same reason. Worth it
     * where lengths differ much; the mask costs the fused causal kernel.
     */
    public static Batches packed(List<Example> examples, int size, int maxTokens, int pad, long seed) {
        List<Example> fit = new ArrayList<>(fit(examples, maxTokens));
        fit.sort(Comparator.comparingInt(Example::tokens).reversed());
        List<List<Example>> rows = new ArrayList<>();
        List<Integer> room = new ArrayList<>();
        for (Example e : fit) {
            int row = 0;
            while (row < rows.size() && room.get(row) < e.tokens()) {
                row++;
            }
            if (row == rows.size()) {
                rows.add(new ArrayList<>());
                room.add(maxTokens);
            }
            rows.get(row).add(e);
            room.set(row, room.get(row) - e.tokens());
        }
        return new Batches(rows, new Order(rows.size(), size, seed), pad, true, examples.size() - fit.size());
    }

    /** One example a row, in the order given, again and again: for comparisons with other programs. */
    public static Batches inOrder(List<Example> examples, int size, int maxTokens, int pad) {
        List<Example> fit = fit(examples, maxTokens);
        return new Batches(
                fit.stream().map(List::of).toList(),
                new Order(fit.size(), size, Order.AS_GIVEN),
                pad,
                false,
                examples.size() - fit.size());
    }

    private static List<Example> fit(List<Example> examples, int maxTokens) {
        for (Example e : examples) {
            if (e.learned() == 0) {
                throw new BadInputException("An example of " + e.tokens()
                        + " tokens has no label to learn; give it an answer, or leave it out.");
            }
        }
        List<Example> fit =
                examples.stream().filter(e -> e.tokens() <= maxTokens).toList();
        if (fit.isEmpty()) {
            throw new BadInputException("None of " + examples.size() + " examples has at most " + maxTokens
                    + " tokens; raise the limit or give shorter ones.");
        }
        return fit;
    }

    /** The micro-batch with this number, from 0. */
    public Batch batch(long number) {
        List<List<Example>> chosen = chosen(number);
        return packed
                ? Batch.packed(chosen, pad)
                : Batch.of(chosen.stream().map(r -> r.get(0)).toList(), pad);
    }

    /** The examples of the micro-batch with this number, row by row. */
    public List<Example> examples(long number) {
        return chosen(number).stream().flatMap(List::stream).toList();
    }

    private List<List<Example>> chosen(long number) {
        return Arrays.stream(order.at(number)).mapToObj(rows::get).toList();
    }

    /** Rows of an epoch. */
    public int rows() {
        return rows.size();
    }

    /** Micro-batches until every row was learned once, rounded up. */
    public int perEpoch() {
        return (rows.size() + order.size() - 1) / order.size();
    }

    /** Examples left out for their length. */
    public int dropped() {
        return dropped;
    }

    /** What tells this data from other, for resumed runs. */
    String fingerprint() {
        return (packed ? "packed " : "padded ") + order + " data "
                + Example.fingerprint(rows.stream().flatMap(List::stream).toList());
    }
}
