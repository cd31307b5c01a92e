package dev.engram.model.engine;

import ai.djl.ndarray.NDManager;
import dev.engram.model.LmConfig;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Assembles kernel texts: the decoder's, with its projections and linear format, and the small tools'. */
final class Kernels {
    /** Slots from which the decoding step attends in the way that was measured to be fastest; below, fused attention is. */
    private static final int LONG = 1024;

    /** PyTorch's codes of types. */
    private static final int FLOAT = 6;

    private static final int BF16 = 15;

    private Kernels() {}

    static Kernel tools(NDManager manager) {
        return new Kernel(manager, new TorchScript().add("tools.py", Map.of()));
    }

    /** For inference: fused projections in the format's linears. */
    static Kernel fused(NDManager manager, LmConfig config, WeightFormat format) {
        Map<String, String> words = words(config, format.dtype(), manager);
        words.put("PARTS", "" + AttentionChoice.parts(config.kvHeads(), Torch.threads()));
        Map<String, String> attendLong = named("attend_long", words);
        AttentionFormat attention = new AttentionChoice(manager, config, attendLong).best(format.dtype());
        return new Kernel(
                manager,
                new TorchScript()
                        .add(attention.resource(), attendLong)
                        .add(format.body().resource(), named("lin", words))
                        .add(format.head().resource(), named("head_linear", words))
                        .add("projections/fused.py", words)
                        .add("decoder.py", words));
    }

    /** For training: every linear apart and plain. */
    static Kernel split(NDManager manager, LmConfig config, int dtype) {
        Map<String, String> words = words(config, dtype, manager);
        return new Kernel(
                manager,
                new TorchScript()
                        .add(AttentionFormat.FUSED.resource(), named("attend_long", words))
                        .add(LinearFormat.PLAIN.resource(), named("head_linear", words))
                        .add("projections/split.py", words)
                        .add("decoder.py", words));
    }

    /** The type in which matrices of {@code dtype} are multiplied here. */
    static int wide(NDManager manager, int dtype) {
        return dtype == BF16 && !KernelChoice.multipliesHalf(manager) ? FLOAT : dtype;
    }

    private static Map<String, String> named(String name, Map<String, String> words) {
        Map<String, String> more = new HashMap<>(words);
        more.put("NAME", name);
        return more;
    }

    private static Map<String, String> words(LmConfig c, int dtype, NDManager manager) {
        Map<String, String> words = new HashMap<>();
        words.put("H", "" + c.heads());
        words.put("KV", "" + c.kvHeads());
        words.put("G", "" + c.group());
        words.put("D", "" + c.headDim());
        words.put("HALF", "" + c.headDim() / 2);
        words.put("HIDDEN", "" + c.hidden());
        words.put("INTER", "" + c.intermediate());
        words.put("LAYERS", "" + c.layers());
        words.put("STRIDE", "" + Weights.STRIDE);
        words.put("EPS", String.format(Locale.ROOT, "%.12e", c.normEps()));
        words.put("SCALE", String.format(Locale.ROOT, "%.17e", 1 / Math.sqrt(c.headDim())));
        words.put("BIAS", c.attentionBias() ? "True" : "False");
        words.put("BIAS_SLOTS", c.attentionBias() ? "3" : "0");
        words.put("QKNORM", c.qkNorm() ? "True" : "False");
        words.put("ACT", "" + dtype);
        int wide = wide(manager, dtype);
        words.put("WIDE", "" + wide);
        words.put("LONG", "" + LONG);
        return words;
    }
}
