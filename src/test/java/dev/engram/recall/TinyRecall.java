package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.TokenRows;
import dev.engram.model.text.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** A tiny model of bytes that has the recall tokens, with rows that a test chooses. */
final class TinyRecall implements AutoCloseable {
    static final int VOCAB = 260;
    static final RecallTokens TOKENS = new RecallTokens(VOCAB, VOCAB + 1, VOCAB + 2);

    final CausalLm lm;
    final Path path;
    private final NDManager scope;

    TinyRecall(Path folder) throws IOException {
        path = TinyModel.write(folder, 4096, TinyModel.END_OF_TURN);
        lm = CausalLm.open(path.toString(), LoadOptions.defaults().withDtype(DType.F32));
        scope = lm.decoder().newScope();
        extend(3);
    }

    /** Gives the recall tokens random rows. */
    void extend(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[3 * lm.config().hidden()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        NDArray rows = scope.create(values, new Shape(3, lm.config().hidden()));
        lm.extend(new TokenRows(
                List.of(RecallTokens.RECALL, RecallTokens.END, RecallTokens.PAD), TOKENS.ids(), rows, rows));
    }

    /** A bank of random directions. */
    MemoryBank bank(int memories) {
        int width = lm.config().hidden();
        MemoryBank bank = new MemoryBank(
                lm.decoder().backend().fingerprint(), "random", Centring.none(width), 1000, Eviction.LRU);
        for (int i = 0; i < memories; i++) {
            bank.add(Memory.of("m" + i, "text " + i), HeadParameters.direction(width, i));
        }
        return bank;
    }

    SftPool pool(List<SftSample> samples, int maxTokens) {
        return new SftPool(samples, lm.chatTemplate().orElseThrow(), lm.tokenizer(), maxTokens);
    }

    RowBuilder rows(RowBuilder.Style style) {
        return new RowBuilder(
                lm.tokenizer(),
                lm.chatTemplate().orElseThrow(),
                TOKENS,
                lm.defaults().eos(),
                style);
    }

    /** A conversation, with or without a thought. */
    static SftSample chat(int index, boolean think) {
        String answer = "Answer " + index + ".";
        return new SftSample(
                index,
                List.of(
                        Message.user("Question " + index + "?"),
                        Message.assistant(
                                think ? "<think>\nFirst " + index + ". Second.\n</think>\n\n" + answer : answer)));
    }

    @Override
    public void close() {
        scope.close();
        lm.close();
    }
}
