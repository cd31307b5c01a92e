/**
 * Map jobs on Apache Spark: the encoding of references into a bank, and sweeps over seeds. Built by Maven's profile {@code spark} alone, so
 * that Spark's jars stay off the notebooks' class path.
 */
package dev.engram.spark;
