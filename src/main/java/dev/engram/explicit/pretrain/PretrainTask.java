package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.pretrain.PretrainCorpus.Text;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.TrainingTask;
import java.util.List;
import java.util.SplittableRandom;

/** Next-token prediction on random texts of a corpus, with or without memories as the plan says. */
public final class PretrainTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final List<Text> texts;
    private final MemoryShape shape;
    private final MemoryPlan plan;
    private final int batch;
    private final long seed;

    /**
     * A task.
     *
     * @param batch texts of a step; which ones depends on seed and step alone, so that all plans see the same
     */
    public PretrainTask(
            TrainableDecoder decoder, PretrainCorpus corpus, MemoryShape shape, MemoryPlan plan, int batch, long seed) {
        this.decoder = decoder;
        this.texts = corpus.texts();
        this.shape = shape;
        this.plan = plan;
        this.batch = batch;
        this.seed = seed;
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
        List<Text> some =
                random.ints(batch, 0, texts.size()).mapToObj(texts::get).toList();
        return ReadBatch.texts(shape, some, plan.reads(step, seed) ? some : null)
                .loss(scope, decoder);
    }

    @Override
    public int tokens(int step, int micro) {
        return batch * shape.tokens();
    }

    @Override
    public String fingerprint() {
        return "pretrain " + texts.size() + " texts, " + shape + ", " + plan + ", batch " + batch + ", seed " + seed;
    }
}
