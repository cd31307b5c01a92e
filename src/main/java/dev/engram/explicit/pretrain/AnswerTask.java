package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.TrainingTask;
import java.util.List;
import java.util.SplittableRandom;

/** Supervised fine-tuning with memories (paper, section 4; seed 4.2): questions read their references, and the answers alone are learned. */
public final class AnswerTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final MemoryShape shape;
    private final List<Question> questions;
    private final Reads reads;
    private final int batch;
    private final long seed;

    public AnswerTask(
            TrainableDecoder decoder, MemoryShape shape, List<Question> questions, Reads reads, int batch, long seed) {
        this.decoder = decoder;
        this.shape = shape;
        this.questions = List.copyOf(questions);
        this.reads = reads;
        this.batch = batch;
        this.seed = seed;
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
        List<Question> some =
                random.ints(batch, 0, questions.size()).mapToObj(questions::get).toList();
        return ReadBatch.answers(shape, some, reads).loss(scope, decoder);
    }

    @Override
    public String fingerprint() {
        return "answers to " + questions.size() + " questions, " + shape + ", reads " + reads.key() + ", batch " + batch
                + ", seed " + seed;
    }
}
