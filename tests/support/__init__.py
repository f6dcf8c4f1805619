# SPDX-License-Identifier: Apache-2.0
"""What tests against kvs-local share: the service, pipelines, an independent reader, and the comparison."""
