/**
 * What an image is made of. An image is a list of layers and a configuration; a layer is a folder that a function fills, turned into a
 * tar that is the same, byte for byte, whenever it is made of the same things.
 */
import type { Progress } from '../../workbench/cache.mjs';

export interface ImageRecipe {
  /** How the lab calls it: "trino". */
  readonly short: string;
  /** Full name that charts ask for: "docker.io/trinodb/trino:476". */
  readonly name: string;
  /** Further full names of the same image. */
  readonly aliases?: readonly string[];
  /** Lowest first. A file of a higher layer hides the one below. */
  readonly layers: readonly LayerRecipe[];
  readonly config: ImageConfig;
}

export interface LayerRecipe {
  /** For people: "Java 25". */
  readonly title: string;
  /**
   * All that the content depends on: versions, hashes, the text of scripts. Layers with the same key are the same layer, made once and
   * shared between images; raise a number in it when `build` changes.
   */
  readonly key: string;
  /** The rest of the key where it has to be asked for, such as the versions that apt would install. Must answer quickly the second time. */
  readonly asked?: (progress: Progress) => Promise<string>;
  /** Fills the empty folder as if it were `/`. Times and owners of the files don't matter, modes do. The umask is 022. */
  readonly build: (folder: string, progress: Progress) => Promise<void>;
  /** Who owns what in the image; everything else is root's. Paths have no leading slash and take all below with them; later ones win. */
  readonly owners?: readonly Owner[];
}

export interface Owner {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

/** The part of the OCI image configuration that a container starts from. */
export interface ImageConfig {
  /** "1000:1000" or a name of the image's /etc/passwd; root without it. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly workdir?: string;
  /** "9092/tcp" */
  readonly ports?: readonly string[];
  /** Folders that a container gets as volumes: "/data/trino". */
  readonly volumes?: readonly string[];
  readonly stopSignal?: string;
}
