/** Long measurements: races of speed beside peers, and the quality runs behind the notebooks; each fills a folder of results/. */
package dev.engram.cli.bench;
