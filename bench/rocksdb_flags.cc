#include "bench/rocksdb_flags.h"

namespace treering::bench {
namespace {

// From `db_bench --help` of RocksDB 7.8.3 with gflags 2.2.2, and some of later releases; without
// those that treering's db_bench has itself.
constexpr std::string_view kBools =
    "adaptive_readahead advise_random_on_open allow_concurrent_memtable_write "
    "allow_data_in_errors async_io auto_prefix_mode auto_readahead_size "
    "avoid_flush_during_recovery blob_db_enable_gc blob_db_is_fifo block_align build_info "
    "cache_index_and_filter_blocks charge_blob_cache "
    "charge_compression_dictionary_building_buffer charge_file_metadata "
    "charge_filter_construction charge_table_reader check_flush_compaction_key_order "
    "compression_use_zstd_dict_trainer confidence_interval_only cost_write_buffer_to_cache "
    "decouple_partitioned_filters dump_malloc_stats enable_blob_files "
    "enable_blob_garbage_collection enable_cpu_prio enable_index_compression enable_io_prio "
    "enable_numa enable_pipelined_write enable_write_thread_adaptive_yield "
    "expand_range_tombstones explicit_snapshot fifo_compaction_allow_compaction "
    "file_checksum finish_after_writes force_consistency_checks helpfull helppackage "
    "helpshort helpxml identity_as_first_hash index_with_first_key inplace_update_support "
    "io_uring_enabled level_compaction_dynamic_file_size "
    "level_compaction_dynamic_level_bytes manual_wal_flush memtable_use_huge_page "
    "memtable_whole_key_filtering mmap_read mmap_write optimistic_transaction_db "
    "optimize_filters_for_hits optimize_filters_for_memory optimize_multiget_for_io "
    "paranoid_checks partition_index partition_index_and_filters persist_stats_to_disk "
    "persist_user_defined_timestamps pin_l0_filter_and_index_blocks_in_cache "
    "pin_top_level_index_and_filter prefix_same_as_start print_malloc_stats progress_reports "
    "rate_limit_auto_wal_flush rate_limit_bg_reads rate_limit_user_ops "
    "rate_limiter_auto_tuned read_cache_direct_read read_cache_direct_write "
    "read_with_latest_user_timestamp report_bg_io_stats report_file_operations "
    "report_open_timing seek_missing_prefix show_table_properties simulate_hdd sine_mix_rate "
    "sine_write_rate total_order_seek track_and_verify_wals_in_manifest transaction_db "
    "transaction_set_snapshot universal_allow_trivial_move universal_incremental "
    "unordered_write use_adaptive_mutex use_blob_cache use_blob_db "
    "use_cache_jemalloc_no_dump_allocator use_cache_memkind_kmem_allocator "
    "use_compressed_secondary_cache use_cuckoo_table use_data_block_hash_index "
    "use_existing_keys use_fsync use_hash_search use_keep_filter use_plain_table "
    "use_ribbon_filter use_secondary_db use_shared_block_and_blob_cache use_single_deletes "
    "use_stderr_info_logger use_tailing_iterator use_tiered_cache use_uint64_comparator "
    "whole_key_filtering ";

constexpr std::string_view kNumbers =
    "arena_block_size backup_rate_limit blob_cache_numshardbits "
    "blob_cache_size blob_compaction_readahead_size blob_db_bytes_per_sync blob_db_file_size "
    "blob_db_gc_cutoff blob_db_max_db_size blob_db_max_ttl_range blob_db_min_blob_size "
    "blob_db_ttl_range_secs blob_file_size blob_file_starting_level "
    "blob_garbage_collection_age_cutoff blob_garbage_collection_force_threshold "
    "block_cache_trace_max_trace_file_size_in_bytes block_cache_trace_sampling_frequency "
    "block_protection_bytes_per_key block_restart_interval bloom_locality bytes_per_sync "
    "cache_high_pri_pool_ratio cache_low_pri_pool_ratio cache_numshardbits checksum_type "
    "compaction_pri compaction_readahead_size compaction_style compressed_cache_size "
    "compressed_secondary_cache_high_pri_pool_ratio "
    "compressed_secondary_cache_low_pri_pool_ratio compressed_secondary_cache_numshardbits "
    "compressed_secondary_cache_size compression_level compression_max_dict_buffer_bytes "
    "compression_max_dict_bytes compression_parallel_threads "
    "compression_zstd_max_train_bytes cuckoo_hash_ratio data_block_hash_table_util_ratio "
    "db_write_buffer_size delayed_write_rate delete_obsolete_files_period_micros "
    "deletepercent disable_seek_compaction disposable_entries_batch_size "
    "disposable_entries_delete_delay disposable_entries_value_size "
    "experimental_mempurge_threshold fifo_age_for_warm "
    "fifo_compaction_max_table_files_size_mb fifo_compaction_ttl file_opening_threads "
    "format_version hard_pending_compaction_bytes_limit hash_bucket_count "
    "index_block_restart_interval index_shortening_mode initial_auto_readahead_size "
    "inplace_update_num_locks iter_k iter_sigma iter_theta key_dist_a key_dist_b "
    "key_id_range keyrange_dist_a keyrange_dist_b keyrange_dist_c keyrange_dist_d "
    "keyrange_num keys_per_prefix level0_slowdown_writes_trigger level0_stop_writes_trigger "
    "log_readahead_size max_auto_readahead_size max_background_compactions "
    "max_background_flushes max_compaction_bytes max_num_range_tombstones max_scan_distance "
    "max_successive_merges max_total_wal_size max_write_buffer_number_to_maintain "
    "max_write_buffer_size_to_maintain memtable_bloom_size_ratio "
    "memtable_insert_with_hint_prefix_size memtable_op_scan_flush_trigger "
    "memtable_protection_bytes_per_key merge_keys mergereadpercent metadata_block_size "
    "min_blob_size min_level_to_compress min_write_buffer_number_to_merge mix_accesses "
    "mix_get_ratio mix_max_scan_len mix_max_value_size mix_put_ratio mix_seek_ratio "
    "multiread_stride num_bottom_pri_threads num_column_families num_deletion_threads "
    "num_file_reads_for_auto_readahead num_high_pri_threads num_hot_column_families "
    "num_levels num_low_pri_threads num_multi_db numdistinct ops_between_duration_checks "
    "overwrite_probability overwrite_window_size perf_level periodic_compaction_seconds "
    "persistent_entries_batch_size persistent_entries_value_size "
    "preclude_last_level_data_seconds prefix_size prepopulate_blob_cache "
    "prepopulate_block_cache preserve_internal_time_seconds random_access_max_buffer_size "
    "range_tombstone_width rate_limiter_bytes_per_sec rate_limiter_refill_period_us "
    "read_amp_bytes_per_bit read_cache_size read_random_exp_range readahead_size "
    "restore_rate_limit row_cache_size sample_for_compression secondary_update_interval "
    "simcache_size simulate_hybrid_hdd_multipliers sine_a sine_b sine_c sine_d "
    "sine_mix_rate_interval_milliseconds sine_mix_rate_noise "
    "sine_write_rate_interval_milliseconds skip_list_lookahead slow_usecs "
    "soft_pending_compaction_bytes_limit stats_dump_period_sec stats_history_buffer_size "
    "stats_level stats_per_interval stats_persist_period_sec stddev subcompactions "
    "tab_completion_columns table_cache_numshardbits target_file_size_multiplier "
    "thread_status_per_interval time_range trace_replay_fast_forward trace_replay_threads "
    "transaction_lock_timeout transaction_sets transaction_sleep ttl_seconds "
    "uncache_aggressiveness universal_compression_size_percent universal_max_merge_width "
    "universal_max_read_amp universal_max_size_amplification_percent "
    "universal_min_merge_width universal_size_ratio user_timestamp_size value_k value_sigma "
    "value_size_max value_size_min value_theta wal_bytes_per_sync wal_size_limit_MB "
    "wal_ttl_seconds writable_file_max_buffer_size write_batch_protection_bytes_per_key "
    "write_thread_max_yield_usec write_thread_slow_yield_usec writes_before_delete_range "
    "writes_per_range_tombstone ";

constexpr std::string_view kTexts =
    "backup_dir blob_compression_type blob_db_compression_type block_cache_trace_file "
    "bottommost_compression_type cache_type cache_uri column_family_distribution "
    "compaction_fadvice compressed_secondary_cache_compression_type compression_manager "
    "env_uri expire_style flagfile fromenv fs_uri helpmatch helpon "
    "max_bytes_for_level_multiplier_additional memtablerep merge_operator options_file "
    "read_cache_path restore_dir secondary_cache_uri secondary_path simulate_hybrid_fs_file "
    "statistics_string tab_completion_word tiered_adm_policy trace_file truth_db tryfromenv "
    "value_size_distribution_type wal_compression wal_dir ";

void AddAll(std::string_view names, FlagKind kind, FlagSet* flags) {
  while (!names.empty()) {
    const size_t end = names.find(' ');
    flags->AddForeign(names.substr(0, end), kind);
    names.remove_prefix(end + 1);
  }
}

}  // namespace

void AddRocksDbFlags(FlagSet* flags) {
  AddAll(kBools, FlagKind::kBool, flags);
  AddAll(kNumbers, FlagKind::kDouble, flags);
  AddAll(kTexts, FlagKind::kText, flags);
}

}  // namespace treering::bench
