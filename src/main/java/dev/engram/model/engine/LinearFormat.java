package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** How a linear layer's matrix is stored and multiplied; each has its text in {@code linear/}. */
public enum LinearFormat {
    /** [out, in] as stored, {@code torch.linear}. The only one that lets gradients through. */
    PLAIN("plain"),
    /** [in, out]. */
    TRANSPOSED("transposed"),
    /** oneDNN's own layout. */
    PREPACKED("prepacked"),
    /** 8-bit, one bf16 scale a row; bf16 activations. */
    INT8("int8"),
    /** 4-bit in groups of 32 with a scale and a zero; bf16 activations. */
    INT4("int4");

    private final String resource;

    LinearFormat(String resource) {
        this.resource = resource;
    }

    String resource() {
        return "linear/" + resource + ".py";
    }

    /** Bytes of a matrix with {@code elements} values whose plain values take {@code plainBytes} each, scales left out. */
    long bytes(long elements, int plainBytes) {
        return switch (this) {
            case INT8 -> elements;
            case INT4 -> elements * 5 / 8;
            default -> elements * plainBytes;
        };
    }

    /**
     * Packs a plain matrix.
     *
     * @param plain [out, in]; closed unless it is itself the result
     * @return the matrix and its auxiliary tensor (empty where there is none)
     */
    NDList pack(Kernel tools, NDManager owner, NDArray plain) {
        if (this == PLAIN) {
            plain.attach(owner);
            return new NDList(plain, Kernel.none(owner));
        }
        try (plain) {
            return switch (this) {
                case TRANSPOSED -> new NDList(tools.one(owner, "transpose", plain), Kernel.none(owner));
                case PREPACKED -> new NDList(tools.one(owner, "prepack", plain), Kernel.none(owner));
                case INT8 -> tools.call(owner, "int8", plain);
                default -> tools.call(owner, "int4", plain);
            };
        }
    }
}
