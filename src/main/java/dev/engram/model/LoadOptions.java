package dev.engram.model;

import java.io.Serializable;

/**
 * How a model is opened.
 *
 * @param dtype number format of the inference weights
 * @param device where it runs
 * @param threads intra-operation threads; 0 takes the physical cores
 */
public record LoadOptions(DType dtype, DeviceChoice device, int threads) implements Serializable {
    private static final long serialVersionUID = 1;

    /** Number format of the inference weights; activations are never quantised. */
    public enum DType {
        F32,
        BF16,
        /** 8-bit weights, bf16 activations. */
        INT8,
        /** 4-bit weights in groups of 32, bf16 activations. */
        INT4,
        /** The fastest whose perplexity stays within 0.2 % of the file's own weights. */
        AUTO;

        public static DType parse(String text) {
            return parse("--dtype", text);
        }

        /** The same for another option; the sentence about a wrong name says which. */
        public static DType parse(String option, String text) {
            for (DType d : values()) {
                if (d.name().equalsIgnoreCase(text)) {
                    return d;
                }
            }
            throw new BadInputException(option + " is '" + text + "'; it must be one of f32, bf16, int8, int4, auto.");
        }
    }

    /** Where a model runs. */
    public enum DeviceChoice {
        CPU,
        CUDA,
        AUTO;

        public static DeviceChoice parse(String text) {
            for (DeviceChoice d : values()) {
                if (d.name().equalsIgnoreCase(text)) {
                    return d;
                }
            }
            throw new BadInputException("--device is '" + text + "'; it must be one of cpu, cuda, auto.");
        }
    }

    public LoadOptions {
        if (threads < 0) {
            throw new BadInputException(
                    "--threads is " + threads + "; it must be 0 (the physical cores) or a positive number.");
        }
    }

    public static LoadOptions defaults() {
        return new LoadOptions(DType.AUTO, DeviceChoice.AUTO, 0);
    }

    public LoadOptions withDtype(DType d) {
        return new LoadOptions(d, device, threads);
    }

    public LoadOptions withDevice(DeviceChoice d) {
        return new LoadOptions(dtype, d, threads);
    }

    public LoadOptions withThreads(int n) {
        return new LoadOptions(dtype, device, n);
    }
}
