package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.TinyModel;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Labels of the seed's three sequences, place by place. */
class RowBuilderTest extends WithTinyRecall {
    /** A row as text: learned tokens as they are, others in parentheses. */
    private static String show(RecallRow row) {
        List<String> out = new ArrayList<>();
        boolean open = false;
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.ids().length; i++) {
            boolean ignored = row.labels()[i] == -100;
            if (!ignored) {
                assertEquals(row.ids()[i], row.labels()[i], "a label is the place's own token");
            }
            if (ignored != open) {
                text.append(open ? ')' : '(');
                open = ignored;
            }
            text.append(tiny.lm.tokenizer().decode(new int[] {row.ids()[i]}));
        }
        out.add(text.append(open ? ")" : "").toString());
        return out.get(0);
    }

    private static final RowBuilder.Style QUIET = new RowBuilder.Style("", "", false, 3000);

    @Test
    void memoryFront() {
        int[] context = tiny.lm.tokenizer().encode("any words");
        RecallRow row = tiny.rows(RowBuilder.Style.seed()).front(context, "Ada sails.", 5, 77);
        assertEquals("(any words)<recall>(<|memory_pad|>)Ada sails.</recall><|im_end|>", show(row));
        assertEquals(9, row.recallAt());
        assertEquals(10, row.insertAt());
        assertEquals(TinyRecall.TOKENS.pad(), row.ids()[row.insertAt()]);
        assertEquals(9, row.contextLength());
        assertEquals(5, row.memory());
        assertEquals(77, row.sample());
        assertEquals(
                "memory_front: sample 77, memory 5, context 9, vector at 10, " + row.ids().length + " tokens",
                row.describe());
    }

    @Test
    void recallNeedNotBeLearnedAfterAnUnrelatedContext() {
        RecallRow row = tiny.rows(QUIET).front(tiny.lm.tokenizer().encode("words"), "Ada.", 0, 0);
        assertEquals("(words<recall><|memory_pad|>)Ada.</recall><|im_end|>", show(row));
    }

    @Test
    void activationAndEndPhrases() {
        RowBuilder.Style style = new RowBuilder.Style(" I recall:", " That is it.", true, 3000);
        RecallRow row = tiny.rows(style).front(tiny.lm.tokenizer().encode("w"), "Ada.", 0, 0);
        assertEquals("(w I recall:)<recall>(<|memory_pad|>)Ada.</recall> That is it.<|im_end|>", show(row));
    }

    @Test
    void memoryFullInsideAThought() {
        SftSample sample = TinyRecall.chat(3, true);
        java.util.Set<String> cuts = new java.util.TreeSet<>();
        for (int seed = 0; seed < 20; seed++) {
            cuts.add(show(tiny.rows(QUIET).full(sample, new SplittableRandom(seed), "Ada.", 1)));
        }
        String start = "(<|im_start|>user\nQuestion 3?<|im_end|>\n<|im_start|>assistant\n<think>\n";
        String memory = "<recall>(<|memory_pad|>)Ada.</recall>";
        String end = "\n</think>\n\nAnswer 3.<|im_end|>\n";
        assertEquals(
                new java.util.TreeSet<>(List.of(
                        start + ")" + memory + "First 3. Second." + end,
                        start + "First 3.)" + memory + " Second." + end,
                        start + "First 3. Second.)" + memory + end)),
                cuts);
    }

    @Test
    void aMemoryFullRowMayBeExactlyAsLongAsAllowed() {
        int length = tiny.rows(QUIET).full("before ", " after", "Ada.", 1, 2).ids().length;
        RowBuilder.Style exact = new RowBuilder.Style("", "", false, length);
        assertEquals(
                length, tiny.rows(exact).full("before ", " after", "Ada.", 1, 2).ids().length);
        RowBuilder.Style less = new RowBuilder.Style("", "", false, length - 1);
        assertThrows(BadInputException.class, () -> tiny.rows(less).full("before ", " after", "Ada.", 1, 2));
    }

    @Test
    void memoryFullBeforeAnAnswerWithoutAThought() {
        RecallRow row = tiny.rows(QUIET).full(TinyRecall.chat(3, false), new SplittableRandom(1), "Ada.", 1);
        assertEquals(
                "(<|im_start|>user\nQuestion 3?<|im_end|>\n<|im_start|>assistant\n)"
                        + "<recall>(<|memory_pad|>)Ada.</recall>Answer 3.<|im_end|>\n",
                show(row));
        assertEquals(RecallRow.Type.MEMORY_FULL, row.type());
    }

    @Test
    void sftOnlyLearnsTheAssistantsTurnsAlone() {
        SftSample sample = new SftSample(
                9,
                List.of(
                        Message.system("Be kind."),
                        Message.user("A?"),
                        Message.assistant("B."),
                        Message.user("C?"),
                        Message.assistant("D.")));
        RecallRow row = tiny.rows(QUIET).sftOnly(sample);
        assertEquals(
                "(<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nA?<|im_end|>\n<|im_start|>assistant\n)"
                        + "B.<|im_end|>(\n<|im_start|>user\nC?<|im_end|>\n<|im_start|>assistant\n)D.<|im_end|>(\n)",
                show(row));
        assertEquals(-1, row.insertAt());
        assertEquals(-1, row.memory());
        for (int id : row.ids()) {
            assertTrue(id < TinyRecall.VOCAB, "no memory token");
        }
    }

    @Test
    void aLongContextLosesItsBeginning() {
        RowBuilder.Style style = new RowBuilder.Style("", "", true, 20);
        RecallRow row = tiny.rows(style).front(tiny.lm.tokenizer().encode("abcdefghijklmnopqrstuvwxyz"), "Ada.", 0, 0);
        assertEquals(20, row.ids().length);
        assertEquals("(nopqrstuvwxyz)".length() - 2, row.recallAt() + 1);
    }

    @Test
    void whatCannotFitIsSaid() {
        RowBuilder.Style style = new RowBuilder.Style("", "", true, 8);
        BadInputException e = assertThrows(
                BadInputException.class, () -> tiny.rows(style).front(new int[] {1}, "A long memory.", 0, 0));
        assertTrue(e.getMessage().contains("the limit is 8"), e.getMessage());
        BadInputException none = assertThrows(
                BadInputException.class,
                () -> tiny.rows(QUIET).sftOnly(new SftSample(4, List.of(Message.user("Only me.")))));
        assertTrue(none.getMessage().contains("Conversation 4"), none.getMessage());
    }

    @Test
    void rightPaddingAndShiftedLabels() {
        RecallRow one =
                new RecallRow(RecallRow.Type.MEMORY_FRONT, new int[] {5, 6, 7}, new int[] {-100, 6, 7}, 0, 1, 2, 0);
        RecallRow two = new RecallRow(RecallRow.Type.SFT_ONLY, new int[] {8, 9}, new int[] {-100, 9}, -1, -1, -1, 0);
        RowBatch batch = new RowBatch(List.of(one, two), TinyModel.END_OF_TURN);
        assertArrayEquals(new int[][] {{5, 6, 7}, {8, 9, TinyModel.END_OF_TURN}}, batch.ids());
        assertArrayEquals(new int[][] {{6, 7, -100}, {9, -100, -100}}, batch.labels());
        assertTrue(batch.injects());
    }
}
