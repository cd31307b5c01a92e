package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Thirds, refill, resampling and its log: the seed's sections 4.3, 5.1 and 5.2. */
class MixedMemorySftDatasetTest extends WithTinyRecall {
    private static final List<String> MEMORIES =
            IntStream.range(0, 10).mapToObj(i -> "Memory " + i + ".").toList();

    /** 40 conversations, of which the even ones think; every tenth is far too long. */
    private static List<SftSample> samples() {
        List<SftSample> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            SftSample chat = TinyRecall.chat(i, i % 2 == 0);
            all.add(
                    i % 10 == 4
                            ? new SftSample(
                                    i,
                                    List.of(
                                            Message.user("long ".repeat(100)),
                                            chat.messages().get(1)))
                            : chat);
        }
        return all;
    }

    private static MixedMemorySftDataset dataset(long seed, List<String> log) {
        return new MixedMemorySftDataset(
                MEMORIES,
                null,
                s -> true,
                tiny.pool(samples(), 250),
                tiny.rows(RowBuilder.Style.seed()),
                64,
                seed,
                log::add);
    }

    @Test
    void thirdsAndEveryMemoryOnce() {
        MixedMemorySftDataset.Epoch epoch = dataset(1, new ArrayList<>()).refreshEpochData(0);
        assertEquals(5, epoch.front().size());
        assertEquals(5, epoch.full().size());
        assertEquals(5, epoch.sft().size());
        assertTrue(epoch.front().stream().allMatch(r -> r.type() == RecallRow.Type.MEMORY_FRONT));
        assertTrue(epoch.full().stream().allMatch(r -> r.type() == RecallRow.Type.MEMORY_FULL));
        assertTrue(epoch.sft().stream().allMatch(r -> r.type() == RecallRow.Type.SFT_ONLY));
        assertEquals(
                IntStream.range(0, 10).boxed().toList(),
                Stream.concat(epoch.front().stream(), epoch.full().stream())
                        .map(RecallRow::memory)
                        .sorted()
                        .toList());
        assertEquals(
                15,
                epoch.all().stream().map(RecallRow::sample).distinct().count(),
                "no conversation twice in an epoch");
        assertTrue(epoch.full().stream().allMatch(r -> r.sample() % 2 == 0), "the middle third needs thoughts");
        assertTrue(epoch.all().stream().allMatch(r -> r.sample() % 10 != 4), "what is too long is skipped");
    }

    /** The suffix stands in the same conversation as the prefix. */
    @Test
    void prefixAndSuffixAreOfOneConversation() {
        for (RecallRow row : dataset(1, new ArrayList<>()).refreshEpochData(0).full()) {
            String text = tiny.lm.tokenizer().decode(row.ids());
            String without = text.replaceFirst("<recall><\\|memory_pad\\|>Memory " + row.memory() + "\\.</recall>", "");
            assertNotEquals(text, without, text);
            assertEquals(tiny.pool(samples(), 250).render(samples().get(row.sample())), without);
        }
    }

    @Test
    void everyEpochIsDrawnAnewAndRepeatsWithTheSeed() {
        List<String> log = new ArrayList<>();
        MixedMemorySftDataset data = dataset(1, log);
        List<MixedMemorySftDataset.Epoch> epochs =
                List.of(data.refreshEpochData(0), data.refreshEpochData(1), data.refreshEpochData(2));
        assertEquals(3, log.stream().distinct().count(), "original indices differ: " + log);
        assertTrue(
                log.get(0).matches("epoch 0: original indices, front \\[.*], full \\[.*], sft_only \\[.*]"),
                log.get(0));
        List<String> again = new ArrayList<>();
        MixedMemorySftDataset same = dataset(1, again);
        for (int e = 2; e >= 0; e--) {
            MixedMemorySftDataset.Epoch one = epochs.get(e);
            MixedMemorySftDataset.Epoch two = same.refreshEpochData(e);
            for (int i = 0; i < one.all().size(); i++) {
                assertArrayEquals(one.all().get(i).ids(), two.all().get(i).ids());
            }
        }
        List<String> other = new ArrayList<>();
        dataset(2, other).refreshEpochData(0);
        assertNotEquals(log.get(0), other.get(0));
    }

    @Test
    void memoriesChangeTheirTypeOverEpochs() {
        MixedMemorySftDataset data = dataset(1, new ArrayList<>());
        long seen = IntStream.range(0, 6)
                .boxed()
                .flatMap(e -> data.refreshEpochData(e).front().stream())
                .map(RecallRow::memory)
                .distinct()
                .count();
        assertTrue(seen >= 9, seen + " of 10 memories stood in front within 6 epochs");
    }

    @Test
    void favouredMemoriesAreDealtMoreOften() {
        MixedMemorySftDataset data = dataset(1, new ArrayList<>()).favouring(8, 6); // two of ten: 8 + 12 dealt a round
        int favoured = 0;
        int all = 0;
        for (int epoch = 0; epoch < 8; epoch++) {
            for (RecallRow row : data.refreshEpochData(epoch).all()) {
                all += row.memory() >= 0 ? 1 : 0;
                favoured += row.memory() >= 8 ? 1 : 0;
            }
        }
        assertEquals(0.6, favoured / (double) all, 0.15);
    }

    @Test
    void tooFewSamplesAreAnError() {
        SftPool small = tiny.pool(samples().subList(0, 12), 250);
        MixedMemorySftDataset data = new MixedMemorySftDataset(
                MEMORIES, null, s -> true, small, tiny.rows(RowBuilder.Style.seed()), 64, 1, line -> {});
        BadInputException e = assertThrows(BadInputException.class, () -> data.refreshEpochData(0));
        assertTrue(
                e.getMessage().matches("Samples are insufficient: 5 conversations .* only [0-4] will do; .*"),
                e.getMessage());
    }

    @Test
    void aConversationOfTheMemorysOwn() {
        MixedMemorySftDataset data = new MixedMemorySftDataset(
                MEMORIES,
                memory -> List.of(TinyRecall.chat(100 + memory, false), TinyRecall.chat(200 + memory, true)),
                s -> s.index() < 30,
                tiny.pool(samples(), 250),
                tiny.rows(RowBuilder.Style.seed()),
                64,
                1,
                line -> {});
        for (int epoch = 0; epoch < 4; epoch++) {
            for (RecallRow row : data.refreshEpochData(epoch).full()) {
                assertEquals(row.memory(), row.sample() % 100);
            }
            assertTrue(data.refreshEpochData(epoch).sft().stream().allMatch(r -> r.sample() < 30), "only plain ones");
        }
    }

    @Test
    void thoughtsForStepOne() {
        List<ThinkSamples.Thought> thoughts =
                ThinkSamples.draw(tiny.pool(samples(), 250), tiny.lm.tokenizer(), 13, 250, 5);
        assertEquals(20, thoughts.size(), "1.5 times, rounded up");
        assertEquals(
                20,
                thoughts.stream().map(ThinkSamples.Thought::index).distinct().count());
        for (ThinkSamples.Thought t : thoughts) {
            assertEquals("First " + t.index() + ". Second.", t.text());
        }
        assertEquals(thoughts, ThinkSamples.draw(tiny.pool(samples(), 250), tiny.lm.tokenizer(), 13, 250, 5));
        assertNotEquals(thoughts, ThinkSamples.draw(tiny.pool(samples(), 250), tiny.lm.tokenizer(), 13, 250, 6));
        BadInputException tooMany = assertThrows(
                BadInputException.class,
                () -> ThinkSamples.draw(tiny.pool(samples(), 250), tiny.lm.tokenizer(), 14, 250, 5));
        assertTrue(tooMany.getMessage().startsWith("Samples are insufficient"), tooMany.getMessage());
        assertThrows(
                BadInputException.class,
                () -> ThinkSamples.draw(tiny.pool(samples(), 250), tiny.lm.tokenizer(), 1, 3, 5),
                "all are longer than three tokens");
    }

    @Test
    void lengthsAreThoseOfTheRenderedTemplate() {
        SftSample sample = TinyRecall.chat(1, false);
        int tokens = tiny.lm.tokenizer().encode(tiny.pool(List.of(sample), 1).render(sample)).length;
        assertTrue(tiny.pool(List.of(sample), tokens).withinTokenLimit(sample));
        assertTrue(!tiny.pool(List.of(sample), tokens - 1).withinTokenLimit(sample));
        assertEquals(1, tiny.pool(List.of(sample), tokens).draw(1, 1).size());
    }
}
