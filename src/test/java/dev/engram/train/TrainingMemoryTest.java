package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import dev.engram.model.LmConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.Positions;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.ResidentSize;
import dev.engram.model.Tiny;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps with adapters, token rows, dropout, accumulation and checkpoints leave nothing behind; nor do whole runs. */
class TrainingMemoryTest {
    /** Wide in its vocabulary, so that one logits tensor left behind per step shows: 6 MB. */
    private static TrainableDecoder wide() {
        LmConfig config = new LmConfig(
                LmConfig.Family.LLAMA,
                2,
                64,
                4,
                2,
                16,
                512,
                64_000,
                256,
                1e-5,
                Positions.rope(10000),
                true,
                false,
                false);
        return new TrainableDecoder(
                Torch.manager(LoadOptions.DeviceChoice.AUTO), new RandomCheckpoint(config, 3, 0.1), false);
    }

    private static void steps(Path folder, int warm, int more) {
        int[] ids = Tiny.ids(8 * 13, 64_000);
        int[][] texts = new int[8][];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Arrays.copyOfRange(ids, 13 * i, 13 * (i + 1));
        }
        try (TrainableDecoder decoder = wide();
                NDManager unused = decoder.newScope();
                Lora lora = Lora.create(decoder, Runs.LORA, 1);
                RowTraining rows = new RowTraining(decoder, List.of(new RowTraining.Token("<a>", 64_000, 7)))) {
            Together both = Together.of(lora, rows);
            int[] run = {0};
            int[] arrays = {0};
            ResidentSize.flat("training runs of 10 steps", warm, more, () -> {
                new Trainer(
                                both,
                                TrainConfig.of(10, 1e-3)
                                        .withAccumulation(2)
                                        .withCheckpoints(folder.resolve("run" + run[0]), 5, 1))
                        .run(new TextTask(decoder, texts, 2)
                                .with(lora.adapter())
                                .with(rows.rows()));
                int managed = lora.manager().getManagedArrays().size()
                        + rows.manager().getManagedArrays().size()
                        + unused.getParentManager().getManagedArrays().size();
                arrays[0] = run[0]++ == 0 ? managed : arrays[0];
                assertEquals(arrays[0], managed, "arrays that live on after run " + run[0]);
            });
        }
    }

    @Test
    void threeHundredSteps(@TempDir Path folder) {
        steps(folder, 5, 30);
    }

    @Test
    @Tag("long")
    void manySteps(@TempDir Path folder) {
        steps(folder, 10, 200);
    }
}
