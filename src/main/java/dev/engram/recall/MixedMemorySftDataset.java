package dev.engram.recall;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The data of step 2 (the seed's sections 4.3 and 5.2). Every epoch draws conversations anew, 1.5 times as many as there are
 * memories, and splits them in thirds: contexts of memory_front, conversations around a memory_full, and sft_only. The
 * memories are shuffled and dealt to memory_front and memory_full, so that each is seen once an epoch. An epoch is a function of
 * the seed and its number.
 *
 * <p>Differs from the seed, where asked, in what surrounds a memory in memory_full: a conversation of its own, whose question it
 * answers, in place of one that has nothing to do with it.
 */
final class MixedMemorySftDataset {
    /** Conversations per memory. */
    static final double RATIO = 1.5;

    /** Conversations about one memory, for memory_full; empty where the pool's are used. */
    interface OwnConversations {
        List<SftSample> of(int memory);
    }

    /**
     * One epoch.
     *
     * @param front memory_front rows
     * @param full memory_full rows
     * @param sft sft_only rows
     */
    record Epoch(int number, List<RecallRow> front, List<RecallRow> full, List<RecallRow> sft) {
        List<RecallRow> all() {
            List<RecallRow> rows = new ArrayList<>(front);
            rows.addAll(full);
            rows.addAll(sft);
            return rows;
        }
    }

    private final List<String> memories;
    private final OwnConversations own;
    private final Predicate<SftSample> plain;
    private final SftPool pool;
    private final RowBuilder rows;
    private final int contextTokens;
    private final long seed;
    private final Consumer<String> log;
    private int favoured = Integer.MAX_VALUE;
    private int times = 1;
    private final Map<Integer, Epoch> epochs = new HashMap<>();

    /**
     * A dataset.
     *
     * @param memories texts by number
     * @param own conversations of a memory, or null for the pool's
     * @param plain which conversations may be sft_only; the seed takes any
     * @param contextTokens most tokens of a front row's context
     * @param log told the original indices of every epoch
     */
    MixedMemorySftDataset(
            List<String> memories,
            OwnConversations own,
            Predicate<SftSample> plain,
            SftPool pool,
            RowBuilder rows,
            int contextTokens,
            long seed,
            Consumer<String> log) {
        if (memories.isEmpty()) {
            throw new BadInputException("There are no memories to train on; give at least one.");
        }
        this.memories = List.copyOf(memories);
        this.own = own;
        this.plain = plain;
        this.pool = pool;
        this.rows = rows;
        this.contextTokens = contextTokens;
        this.seed = seed;
        this.log = log;
    }

    /** Deals memories from this number on so many times as often as those before: what is new in a later round. */
    MixedMemorySftDataset favouring(int first, int often) {
        favoured = first;
        times = often;
        return this;
    }

    /** Rows of each type in an epoch. */
    int rowsPerType() {
        return (int) Math.ceil(memories.size() * RATIO / 3);
    }

    /** The seed's refresh_epoch_data. */
    Epoch refreshEpochData(int epoch) {
        Epoch known = epochs.get(epoch);
        if (known == null) {
            known = make(epoch);
            epochs.put(epoch, known);
        }
        return known;
    }

    private Epoch make(int epoch) {
        int third = rowsPerType();
        SplittableRandom random = Shuffle.stream(seed, epoch);
        List<SftSample> middle =
                own == null ? pool.draw(third, random.nextLong(), s -> ThinkText.present(pool.render(s))) : List.of();
        Set<Integer> taken = new HashSet<>(indices(middle));
        List<SftSample> pure = pool.draw(third, random.nextLong(), s -> plain.test(s) && !taken.contains(s.index()));
        taken.addAll(indices(pure));
        List<SftSample> prefix = pool.draw(third, random.nextLong(), s -> !taken.contains(s.index()));
        List<Integer> order = deal(2 * third, random);
        List<RecallRow> front = new ArrayList<>();
        List<RecallRow> full = new ArrayList<>();
        for (int i = 0; i < third; i++) {
            int memory = order.get(i);
            front.add(rows.front(
                    context(prefix.get(i), random),
                    memories.get(memory),
                    memory,
                    prefix.get(i).index()));
            int other = order.get(third + i);
            SftSample around = own == null ? middle.get(i) : conversation(other, epoch);
            full.add(rows.full(around, random, memories.get(other), other));
        }
        log.accept("epoch " + epoch + ": original indices, front " + indices(prefix) + ", full "
                + full.stream().map(RecallRow::sample).toList() + ", sft_only " + indices(pure));
        return new Epoch(epoch, front, full, pure.stream().map(rows::sftOnly).toList());
    }

    /** The wordings of a memory take turns. */
    private SftSample conversation(int memory, int epoch) {
        List<SftSample> all = own.of(memory);
        return all.get(Math.floorMod(epoch + memory, all.size()));
    }

    /** Numbers of memories in random order, each once (favoured ones more often) before any comes again. */
    private List<Integer> deal(int count, SplittableRandom random) {
        List<Integer> order = new ArrayList<>();
        while (order.size() < count) {
            List<Integer> numbers = new ArrayList<>();
            for (int i = 0; i < memories.size(); i++) {
                numbers.addAll(Collections.nCopies(i < favoured ? 1 : times, i));
            }
            order.addAll(Shuffle.of(numbers, random));
        }
        return order.subList(0, count);
    }

    /** A piece of a conversation, of random length: its beginning in half of the rows. */
    private int[] context(SftSample sample, SplittableRandom random) {
        int[] all = rows.encode(pool.render(sample));
        int most = Math.min(all.length, contextTokens);
        int length = Math.max(1, most / 2 + random.nextInt(most / 2 + 1));
        int from = random.nextBoolean() ? 0 : random.nextInt(all.length - length + 1);
        return Arrays.copyOfRange(all, from, from + length);
    }

    private static List<Integer> indices(List<SftSample> samples) {
        return samples.stream().map(SftSample::index).toList();
    }
}
