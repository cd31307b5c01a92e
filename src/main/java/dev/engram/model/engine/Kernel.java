package dev.engram.model.engine;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A loaded kernel text. {@link #call} runs a method without a graph, {@link #record} runs it with one. Everything native
 * that a call makes is freed by the call; results belong to the manager that is passed in.
 */
public final class Kernel implements AutoCloseable {
    private final NDManager manager;
    private final PtSymbolBlock block;

    Kernel(NDManager parent, TorchScript text) {
        manager = parent.newSubManager();
        try {
            block = JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(text.archive()), false, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Loads a text of functions from the class path, for parts of a model that are not the decoder's own.
     *
     * @param resource absolute, such as {@code /dev/engram/train/optimiser.py}
     */
    public static Kernel open(NDManager parent, String resource) {
        return new Kernel(parent, new TorchScript().add(resource, Map.of()));
    }

    /** A list of tensors that outlives a call: weights, or a cache's buffers. Close it before its tensors. */
    public static IValue pin(List<NDArray> tensors) {
        return IValue.listFrom(tensors.toArray(PtNDArray[]::new));
    }

    /**
     * Runs a method without a graph.
     *
     * @param out owner of the results
     * @param arguments each an NDArray, NDList, a pinned IValue, Integer, Double, or long[]
     * @return all tensors of the result, in order
     */
    public NDList call(NDManager out, String method, Object... arguments) {
        Torch.enter();
        List<IValue> own = new ArrayList<>(arguments.length);
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < arguments.length; i++) {
                values[i] = toIValue(arguments[i], own);
            }
            try (IValue result = IValueUtils.runMethod(block, method, values)) {
                return result.toNDList((PtNDManager) out);
            }
        } catch (EngineException e) {
            throw explain(method, e);
        } finally {
            own.forEach(IValue::close);
        }
    }

    /** The same for a method with a single tensor as its result. */
    public NDArray one(NDManager out, String method, Object... arguments) {
        return call(out, method, arguments).get(0);
    }

    /**
     * Runs a method so that gradients can flow back through it.
     *
     * @param out owner of the results
     * @param arguments each an NDArray or an NDList that is not empty; a scalar travels as a tensor. DJL tells the arguments
     *     apart by the arrays' names, so one array may not stand both alone and in a list, or in two lists
     */
    public NDList record(NDManager out, String method, Object... arguments) {
        Torch.enter();
        try (NDManager step = out.newSubManager()) {
            NDArray tag = step.create(0f);
            tag.setName("module_method:" + method);
            NDList inputs = new NDList(tag);
            for (int i = 0; i < arguments.length; i++) {
                if (arguments[i] instanceof NDList list) {
                    for (NDArray array : list) {
                        array.setName("list" + i + "[]");
                        inputs.add(array);
                    }
                } else {
                    ((NDArray) arguments[i]).setName(null);
                    inputs.add((NDArray) arguments[i]);
                }
            }
            NDList result = IValueUtils.forward(block, inputs, true);
            result.attach(out);
            return result;
        } catch (EngineException e) {
            throw explain(method, e);
        }
    }

    private static IValue toIValue(Object argument, List<IValue> own) {
        if (argument instanceof IValue pinned) {
            return pinned;
        }
        IValue value;
        if (argument instanceof NDArray array) {
            value = IValue.from((PtNDArray) array);
        } else if (argument instanceof NDList list) {
            value = IValue.listFrom(list.toArray(PtNDArray[]::new));
        } else if (argument instanceof Integer number) {
            value = IValue.from(number.longValue());
        } else if (argument instanceof Double number) {
            value = IValue.from(number);
        } else if (argument instanceof long[] numbers) {
            value = IValue.listFrom(numbers);
        } else {
            throw new IllegalArgumentException(
                    "a kernel takes no " + argument.getClass().getSimpleName());
        }
        own.add(value);
        return value;
    }

    /** The script's own last line says what went wrong; the stack above it is the interpreter's. */
    private static IllegalStateException explain(String method, EngineException e) {
        String[] lines = e.getMessage() == null
                ? new String[] {"no message"}
                : e.getMessage().strip().split("\n");
        return new IllegalStateException("kernel " + method + ": " + lines[lines.length - 1].strip(), e);
    }

    /** An empty tensor: the kernels' sign for an absent one. */
    public static NDArray none(NDManager manager) {
        return manager.create(new float[0], new Shape(0));
    }

    /** Token ids or positions as a tensor of 64-bit integers, shape [rows, columns]. */
    public static NDArray ids(NDManager manager, int[][] ids) {
        int columns = ids[0].length;
        long[] flat = new long[ids.length * columns];
        for (int r = 0; r < ids.length; r++) {
            for (int c = 0; c < columns; c++) {
                flat[r * columns + c] = ids[r][c];
            }
        }
        return manager.create(flat, new Shape(ids.length, columns));
    }

    @Override
    public void close() {
        block.close();
        manager.close();
    }
}
