package dev.engram.model.engine;

/**
 * Number format of a set of inference weights.
 *
 * @param name as the user knows it: f32, bf16, int8, int4
 * @param bf16 whether activations (and plain matrices) are bfloat16; else f32
 * @param body format of the layers' linears
 * @param head format of the output matrix
 */
public record WeightFormat(String name, boolean bf16, LinearFormat body, LinearFormat head) {

    /** PyTorch's code of the activation type. */
    int dtype() {
        return bf16 ? 15 : 6;
    }

    int bytesPerValue() {
        return bf16 ? 2 : 4;
    }

    /** Name with the kernels chosen, for run.json: {@code int4[int4,int8]}. */
    public String describe() {
        return name + "[" + body.name().toLowerCase() + "," + head.name().toLowerCase() + "]";
    }
}
