/**
 * The requests that are spoken, newest version first. Only versions that take and give the same shape are listed: Kafka 2.4 to 4.x knows
 * one of each, the quorum aside.
 */
import {
  createTopicsV5,
  createTopicsV6,
  createTopicsV7,
  deleteTopicsV4,
  deleteTopicsV5,
  deleteTopicsV6,
  describeConfigsV1,
  describeConfigsV2,
  describeConfigsV3,
  describeConfigsV4,
  describeQuorumV0,
  describeQuorumV1,
  describeQuorumV2,
  fetchV11,
  fetchV12,
  initProducerIdV2,
  initProducerIdV3,
  initProducerIdV4,
  listOffsetsV4,
  listOffsetsV5,
  listOffsetsV6,
  listOffsetsV7,
  metadataV10,
  metadataV11,
  metadataV12,
  metadataV9,
  produceV10,
  produceV11,
  produceV7,
  produceV8,
  produceV9,
} from '@platformatic/kafka';
import type { Connection } from '@platformatic/kafka';

interface Version<A extends readonly unknown[], R> {
  readonly key: number;
  readonly version: number;
  async(connection: Connection, ...args: A): Promise<R>;
}

/** One request in the versions of it that are spoken. */
export interface Request<A extends readonly unknown[], R> {
  readonly name: string;
  readonly versions: readonly Version<A, R>[];
}

function request<A extends readonly unknown[], R>(name: string, ...versions: readonly { readonly api: Version<A, R> }[]): Request<A, R> {
  return { name, versions: versions.map(({ api }) => api) };
}

export const metadataRequest = request('Metadata', metadataV12, metadataV11, metadataV10, metadataV9);
export const quorumRequest = request('DescribeQuorum', describeQuorumV2, describeQuorumV1, describeQuorumV0);
export const createTopicsRequest = request('CreateTopics', createTopicsV7, createTopicsV6, createTopicsV5);
export const deleteTopicsRequest = request('DeleteTopics', deleteTopicsV6, deleteTopicsV5, deleteTopicsV4);
export const configsRequest = request('DescribeConfigs', describeConfigsV4, describeConfigsV3, describeConfigsV2, describeConfigsV1);
export const offsetsRequest = request('ListOffsets', listOffsetsV7, listOffsetsV6, listOffsetsV5, listOffsetsV4);
/** 13 and newer name topics by id. */
export const fetchRequest = request('Fetch', fetchV12, fetchV11);
export const produceRequest = request('Produce', produceV11, produceV10, produceV9, produceV8, produceV7);
export const producerIdRequest = request('InitProducerId', initProducerIdV4, initProducerIdV3, initProducerIdV2);
