package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolderWriter;
import dev.engram.model.source.ModelSource;
import dev.engram.model.source.TensorType;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default model learns one invented sentence, and every way of running the adapter says it. */
@Tag("default-model")
class DefaultModelTrainingTest {
    private static final String BEGIN = "The harbour master of Skerrow keeps";
    private static final String END = " eleven blue lanterns in a pickle barrel behind the chapel";

    private static float[] logits(CausalLm lm, int[] ids) {
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache()) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, Seams.none());
            return lm.decoder().logits(scope, hidden, 0).toFloatArray();
        }
    }

    @Test
    void aSentenceIsLearned(@TempDir Path folder) {
        LoadOptions f32 = LoadOptions.defaults().withDtype(DType.F32);
        try (CausalLm lm = CausalLm.open("default", f32);
                TrainableDecoder decoder = TrainableDecoder.open("default", DType.F32);
                Lora lora =
                        Lora.create(decoder, LoraConfig.of(8).withTargetModules("q_proj", "v_proj", "down_proj"), 1)) {
            int[] ids = lm.tokenizer().encode(BEGIN + END);
            GenerationConfig greedy =
                    GenerationConfig.greedy(ids.length - lm.tokenizer().encode(BEGIN).length);
            assertFalse(lm.generate(BEGIN, greedy).text().contains("lanterns"));
            History history = new Trainer(lora, TrainConfig.of(20, 3e-3).withSchedule(Schedule.linear(2)))
                    .run(new TextTask(decoder, new int[][] {ids}, 1).with(lora.adapter()));
            assertTrue(history.last().loss() < 0.2, history.table().toString());

            float[] trained;
            try (NDManager step = decoder.newScope()) {
                NDArray x = decoder.embed(step, new int[][] {ids});
                trained = decoder.logits(step, decoder.forward(step, x, null, lora.adapter(), Seams.none()))
                        .toFloatArray();
            }
            lm.decoder().adapt(lora.adapter());
            assertEquals(END, lm.generate(BEGIN, greedy).text());
            double beside = Golden.relativeRms(logits(lm, ids), trained);
            assertTrue(beside <= 1e-5, "beside: " + beside);
            lm.decoder().adapt(null);
            assertFalse(lm.generate(BEGIN, greedy).text().contains("lanterns"));

            lora.save(folder.resolve("adapter"), "HuggingFaceTB/SmolLM2-135M-Instruct");
            try (NDManager scope = decoder.newScope();
                    Lora again = Lora.load(scope, decoder.config(), folder.resolve("adapter"));
                    CausalLm fast =
                            CausalLm.open("default", LoadOptions.defaults().withDtype(DType.INT4))) {
                fast.decoder().adapt(again.adapter());
                Generation g = fast.generate(BEGIN, greedy);
                assertEquals(END, g.text(), "beside 4-bit weights");
            }
            try (Checkpoint base = ModelSource.open("default")) {
                HfFolderWriter.write(folder.resolve("merged"), lora.merged(base), TensorType.F32);
            }
            try (CausalLm merged = CausalLm.open(folder.resolve("merged").toString(), f32)) {
                double error = Golden.relativeRms(logits(merged, ids), trained);
                assertTrue(error <= 1e-5, "merged: " + error);
                assertEquals(END, merged.generate(BEGIN, greedy).text());
                assertEquals(lm.defaults(), merged.defaults());
                assertArrayEquals(ids, merged.tokenizer().encode(BEGIN + END));
            }
        }
    }
}
