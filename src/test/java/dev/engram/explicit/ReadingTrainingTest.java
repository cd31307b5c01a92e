package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Tape;
import dev.engram.model.TinyModel;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.History;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Learning to read memories, on a small random model. */
class ReadingTrainingTest {
    @TempDir
    static Path folder;

    private static String model;
    private static CausalLm lm;

    private static final List<ReadingItem> ITEMS = List.of(
            new ReadingItem("a", "Who?", "Ann", "It was Ann.", List.of("No.", "Nor this.", "Nor that.", "Never.")),
            new ReadingItem("b", "Who?", "Bob", "Bob did it.", List.of("No.", "Nor this.", "Nor that.", "Never.")));

    @BeforeAll
    static void open() throws IOException {
        model = TinyModel.write(folder, 1024, TinyModel.END_OF_TURN).toString();
        lm = CausalLm.open(model, LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static ReferenceWriter writer() {
        return new ReferenceWriter(lm, WriteConfig.dense());
    }

    @Test
    void theGraphReadsAsInferenceDoes() {
        ReferenceWriter writer = writer();
        List<ExplicitMemory> memories = writer.write(List.of("It was Ann.", "Bob did it."));
        int[] ids = lm.tokenizer().encode("Who?");
        int layers = lm.config().layers();
        float[] plain;
        try (MemoryRows rows = MemoryRows.of(lm.decoder().backend().manager(), layers, writer.sink(), memories);
                NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(writer.contextPosition())) {
            plain = lm.decoder()
                    .logits(scope, lm.decoder().forward(scope, new int[][] {ids}, cache, rows.seams()), 0)
                    .toFloatArray();
        }
        try (TrainableDecoder decoder = TrainableDecoder.open(model, DType.F32);
                NDManager scope = decoder.newScope();
                Tape tape = Tape.open();
                MemoryRows rows = MemoryRows.batch(scope, layers, writer.sink(), List.of(memories))) {
            NDArray x = decoder.embed(scope, new int[][] {ids});
            NDArray hidden = decoder.forward(scope, x, writer.contextPosition(), null, null, rows.seams());
            float[] graph = decoder.logits(scope, hidden).toFloatArray();
            double furthest = IntStream.range(0, plain.length)
                    .mapToDouble(i -> Math.abs(plain[i] - graph[i]))
                    .max()
                    .orElseThrow();
            assertTrue(furthest <= 1e-4, "furthest " + furthest);
        }
    }

    @Test
    void answersAreLearnedFromMemoriesAlone() {
        // both questions are the same, so that nothing but the memory tells the answers apart
        try (TrainableDecoder decoder = TrainableDecoder.open(model, DType.F32);
                Lora lora = Lora.create(decoder, LoraConfig.of(8), 1)) {
            ReadingTask.Rows rows = ReadingTask.Rows.of(lm, writer(), ITEMS, List.of(WriteConfig.ALL_TOKENS));
            ReadingTask task = new ReadingTask(decoder, lora.adapter(), rows, writer(), 4, 0, null, 0, 3);
            History history = new Trainer(lora, TrainConfig.of(60, 1e-2)).run(task);
            double first = history.entries().get(0).loss();
            double last = history.entries().get(history.entries().size() - 1).loss();
            assertTrue(last < 0.5 * first, first + " to " + last);
        }
    }

    @Test
    void theTableHoldsEveryArmAndTheGapOfItsEnds() {
        World world = World.load(Path.of("data/halcyon"));
        ReadingExperiment experiment = new ReadingExperiment(world, 2, 1);
        List<ReadingExperiment.Line> lines =
                ReadingExperiment.table(experiment.run("tiny", lm, on -> {}, List.of(ReadingItem.Kind.SINGLE)), 1);
        assertEquals(0, line(lines, "nothing").gap(), 1e-9);
        assertEquals(1, line(lines, "text").gap(), 1e-9);
        // everything in all layers is the text itself; positions differ by where the context begins
        assertEquals(line(lines, "text").nll(), line(lines, "all, all tokens").nll(), 0.5);
        assertEquals(2, line(lines, "last_half, 8 tokens").questions());
        assertEquals(1, line(lines, "text, 4 distractors").gap(), 1e-9);
    }

    private static ReadingExperiment.Line line(List<ReadingExperiment.Line> lines, String arm) {
        return lines.stream().filter(l -> l.arm().equals(arm)).findFirst().orElseThrow();
    }
}
