package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.engram.model.engine.Torch;

/**
 * Records a graph in this thread from {@link #open} to {@link #close}. DJL's own collector allows one per process and leaves
 * the recording on when a second one fails; this one is per thread.
 */
public final class Tape implements AutoCloseable {
    private Tape() {}

    public static Tape open() {
        Torch.enter();
        JniUtils.setGradMode(true);
        return new Tape();
    }

    /** Adds the gradient of a scalar to every array that requires one; the graph is spent afterwards. */
    public void backward(NDArray loss) {
        backward(loss, 1);
    }

    /** The same for {@code weight} times the loss. */
    public void backward(NDArray loss, double weight) {
        try (NDManager scope = loss.getManager().newSubManager()) {
            NDArray one = scope.full(loss.getShape(), (float) weight, loss.getDataType());
            JniUtils.backward((PtNDArray) loss, (PtNDArray) one, false, false);
        }
    }

    /**
     * A recorded array times a number. {@code NDArray.mul(Number)} may not stand where a gradient flows: it frees the number's memory
     * at once, and the backward pass then reads whatever lies there by chance.
     *
     * @param scope lives until the backward pass is over
     */
    public static NDArray times(NDManager scope, NDArray x, double factor) {
        return x.mul(scope.create((float) factor));
    }

    @Override
    public void close() {
        JniUtils.setGradMode(false);
    }
}
